"""The guard stands between strangers and a desk: who may do what, how often, and what of it is passed on.

guard       is asked before anything is done
pace        how often something may be done
addresses   whose request it is, behind proxies; and the hash under which an address is known
identity    customers whom the shop vouches for
links       what strangers link to is made harmless
proof       work for browsers that begin chats
dnsbl       lists of addresses that much abuse comes from
clamd       files are looked at for viruses
"""
