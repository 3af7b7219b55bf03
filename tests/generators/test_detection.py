"""The generator of a blog is detected by its configuration."""

import pytest

from app.generators.detection import detect_generator
from tests.generators.memory_blog import Blog


@pytest.mark.parametrize(
    ("files", "generator"),
    [
        ({"hugo.toml": ""}, "hugo"),
        ({"hugo.yaml": ""}, "hugo"),
        ({"hugo.json": "{}"}, "hugo"),
        ({"config.toml": 'baseURL = "https://b.example/"\n[params]\n'}, "hugo"),
        ({"config.yaml": "baseurl: https://b.example/\n"}, "hugo"),
        ({"config/_default/hugo.toml": ""}, "hugo"),
        ({"config.toml": 'base_url = "https://b.example"\n[markdown]\n'}, "zola"),
        ({"zola.toml": ""}, "zola"),
        ({"_config.yml": "title: t\nplugins: [jekyll-feed]\n"}, "jekyll"),
        ({"_config.yml": "title: t\n"}, "jekyll"),
        ({"_config.yml": "title: t\nsource_dir: source\nskip_render:\n"}, "hexo"),
        ({"_config.yml": "title: t\n", "package.json": '{"dependencies": {"hexo": "8"}}'}, "hexo"),
        ({"Gemfile": "gem 'github-pages'\n"}, "jekyll"),
        ({".eleventy.js": ""}, "eleventy"),
        ({"eleventy.config.mjs": ""}, "eleventy"),
        ({"package.json": '{"devDependencies": {"@11ty/eleventy": "3"}}'}, "eleventy"),
        ({"astro.config.mjs": "", "package.json": "{}"}, "astro"),
        ({"package.json": '{"dependencies": {"astro": "7"}}'}, "astro"),
        ({"mkdocs.yml": "theme: material\n"}, "material"),
        ({"conf.py": 'BLOG_TITLE = "t"\nPOSTS = ()\n'}, "nikola"),
        ({"conf.py": 'extensions = ["ablog", "myst_parser"]\n'}, "ablog"),
        ({"conf.py": 'project = "docs"\n'}, None),
        ({"pelicanconf.py": ""}, "pelican"),
        ({"docusaurus.config.ts": ""}, "docusaurus"),
        ({".vitepress/config.mts": ""}, "vitepress"),
        ({".vitepress/theme/index.ts": ""}, "vitepress"),
        ({"docs/.vitepress/config/index.ts": "", "package.json": "{}"}, "vitepress"),
        ({"gatsby-config.js": ""}, "gatsby"),
        ({"metalsmith.json": "{}"}, "metalsmith"),
        ({"package.json": "{}", "posts/a.md": "---\ntitle: T\n---\n"}, None),
        ({"config.toml": "[tool]\n"}, None),
    ],
    ids=str,
)
def test_generator_is_known_by_its_configuration(files: dict[str, str], generator: str | None) -> None:
    assert detect_generator(Blog(files)) == generator
