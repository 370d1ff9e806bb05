"""What members tell moderators in private: about a person, or about the bot's own words.

Moderators are told only that something waits; the words are shown privately to whoever opens them,
and never to the person they are about, moderator or not. They are kept, encrypted, until 30 days
after they were dealt with and 90 days at most.
"""
