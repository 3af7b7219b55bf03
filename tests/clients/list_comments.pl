# List the comments of an issue with Pithub, in the way of its own README: `perl list_comments.pl URL`.

use strict;
use warnings;

use JSON::PP;
use Pithub;

my $pithub = Pithub->new(api_uri => $ARGV[0], user => 'ada', repo => 'blog', auto_pagination => 1);
my $result = $pithub->issues->comments->list(issue_id => 41);
my @ids;
while (my $comment = $result->next) { push @ids, $comment->{id} }
print encode_json(['Pithub', \@ids]), "\n";
