// List the comments of an issue with clients of GitHub's API for Node.js, in the way of their own READMEs.
// `node list_comments.mjs URL FOLDER` prints for each its name and the ids; FOLDER holds node_modules.

import { createRequire } from "node:module";

const [url, folder] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const issue = { owner: "ada", repo: "blog", issue_number: 41 };

async function octokit() {
  const { Octokit } = await import(`${folder}/node_modules/@octokit/rest/dist-src/index.js`);
  const octokit = new Octokit({ baseUrl: url });
  await octokit.rest.rateLimit.get();
  const { data } = await octokit.rest.repos.get({ owner: issue.owner, repo: issue.repo });
  const comments = await octokit.paginate(octokit.rest.issues.listComments, issue);
  const all = await octokit.paginate("GET /repos/{owner}/{repo}/issues/comments", { ...issue, sort: "updated" });
  if (data.full_name !== "ada/blog" || all.length !== comments.length) throw new Error(`${data.full_name} ${all.length}`);
  return comments.map(({ id }) => id);
}

async function octonode() {
  const client = require("octonode").client();
  const { hostname, port } = new URL(url);
  client.options = { hostname, port, protocol: "http" };
  const comments = [];
  const read = (page) =>
    new Promise((resolve, reject) =>
      client.issue("ada/blog", 41).comments(page, 100, (failure, data) => (failure ? reject(failure) : resolve(data))),
    );
  for (let page = 1, part; (part = await read(page)).length; page++) comments.push(...part);
  return comments.map(({ id }) => id);
}

for (const client of [octokit, octonode]) {
  const ids = await client().catch((failure) => String(failure.stack ?? failure));
  console.log(JSON.stringify([client.name, ids]));
}
