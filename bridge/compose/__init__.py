"""Makes the commands that one room gets of what was done in others: compose(delivery, view, memory) -> Next.

composer      what the room's worker asks
registry      which module composes which kind of event
view, memory  what the room is now, and what is remembered of it; facts: what the journal knows
next          what comes out: a step, a wait, a promise, or nothing
message, edit, removal, reaction, topic
              one for each kind of event
words         names it, dates it and cuts it into parts; reply and files: what belongs to it
fit, prefix, forging, namesakes, mentions, correction, snippets, attachments
              what these are made of
digest        what is told later, with others
"""
