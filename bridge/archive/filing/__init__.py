"""Filing: tags, how long what is kept, legal holds, saved searches and the daily mail about them."""
