# List the comments of an issue with Octokit for Ruby, in the way of its own README: `ruby list_comments.rb URL`.

require "json"
require "octokit"

Octokit.configure { |configuration| configuration.api_endpoint = ARGV[0] }
client = Octokit::Client.new(auto_paginate: true)
raise "no repository" unless client.repository?("ada/blog")
raise "no rate limit" unless client.rate_limit.remaining > 0

comments = client.issue("ada/blog", 41).rels[:comments].get.data
raise "other comments" unless comments.first.id == client.issues_comments("ada/blog").first.id

puts JSON.generate(["octokit.rb", client.issue_comments("ada/blog", 41).map(&:id)])
