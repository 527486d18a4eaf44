"""What other bridges are configured with, written from their documentation for these tests."""

MATTERBRIDGE = """
[general]
RemoteNickFormat = "[{PROTOCOL}] <{NICK}> "
IgnoreMessages = "^! ^\\\\."
MediaDownloadSize = 2000000
StripNick = true

[irc.libera]  # the network
Server = "irc.libera.chat:6697"
UseTLS = true
SkipTLSVerify = true
Nick = "relay"
NickServNick = "nickserv"
NickServPassword = "secret-nickserv"
ColorNicks = true
IgnoreNicks = "^bot$ spam ^a+$ (?<!x)y"
ReplaceMessages = [ ["teh", "the"], ['(?P<first>\\w+)-(\\w+)', '${2}\\-$first$3 $$5 $x1'], ['a\\Z', "b"] ]
ReplaceNicks = [ ["_+$", ""], ["(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "$10"], "alone" ]
RunCommands = ["PRIVMSG NickServ :secret-command"]
MessageDelay = 500
Frobnicate = 3

[irc.oftc]
Server = "irc.oftc.net:6667"
Nick = "relay"
UseSASL = true
NickServNick = "account"
NickServPassword = "secret-sasl"

[xmpp.jabber]
Server = "xmpp.example.org:5222"
Jid = "relay@example.org"
Password = "secret-xmpp"
Muc = "conference.example.org"
Nick = "relay"
ShowJoinPart = true

[matrix.home]
Server = "https://matrix.example.org"
Login = "relay"
Password = "secret-matrix"
RemoteNickFormat = "{LABEL}{NICK} ({BRIDGE}): "

[discord.guild]
Token = "secret-discord"
Server = "ID:1"

[api.programs]
BindAddress = "0.0.0.0:4242"
Token = "secret-api"

[tengo]
OutMessage = "out.tengo"

[[gateway]]
name = "lobby"
enable = true

[[gateway.inout]]
account = "irc.libera"
channel = "#Lobby"
options = {key = "secret-key"}

[[gateway.inout]]
account = "xmpp.jabber"
channel = "lobby"

[[gateway.inout]]
account = "matrix.home"
channel = "#lobby:example.org"

[[gateway.inout]]
account = "discord.guild"
channel = "general"
options = {WebhookURL = "https://discord.example/secret-hook"}

[[gateway]]
name = "news and more"
enable = true

[[gateway.in]]
account = "api.programs"
channel = "api"

[[gateway.out]]
account = "irc.libera"
channel = "#news"

[[gateway.in]]
account = "irc.oftc"
channel = "#both"

[[gateway.out]]
account = "irc.oftc"
channel = "#both"

[[gateway]]
name = "asleep"

[[samechannelgateway]]
name = "same"
enable = true
accounts = ["irc.libera", "irc.oftc"]
channels = ["#one", "#two"]
"""

APPSERVICE = """
homeserver:
  url: "http://localhost:8008"
  domain: example.org
ircService:
  servers:
    irc.example.net:
      name: ExampleNet
      port: 6697
      ssl: true
      sslselfsign: true
      sasl: true
      botConfig:
        enabled: true
        nick: MatrixBot
        username: matrixbot
        password: secret-bot
      dynamicChannels: {enabled: true, aliasTemplate: "#irc_$CHANNEL"}
      excludedUsers:
        - regex: "@.*:evil\\\\.example"
        - regex: "@spam[0-9]+:.*"
      mappings:
        "#pub":
          roomIds: ["!pub:example.org", "!More:example.org"]
          key: secret-channel
        "#old": ["!old:example.org"]
      matrixClients: {userTemplate: "@irc_$NICK"}
      ircClients:
        nickTemplate: "$DISPLAY[m]"
        maxClients: 40
        idleTimeout: 10800
    irc.plain.example:
      networkId: plain
      ssl: false
      mappings: {}
  ident: {enabled: true}
  provisioning: {enabled: true, secret: secret-provisioning}
database:
  engine: postgres
  connectionString: "postgres://user:secret-database@localhost/bridge"
"""

HEISENBRIDGE = """
{"account_data": {
  "global": {"irc": {
    "networks": {
      "Libera": {"servers": [
        {"address": "irc.libera.chat", "port": 6697, "tls": true, "tls_insecure": true, "proxy": null},
        {"address": "irc.eu.libera.chat", "port": 6697, "tls": true}
      ]},
      "local": {"servers": ["irc.local.example"]},
      "empty": {"servers": []}
    },
    "owner": "@ada:example.org", "allow": {"@*:example.org": "user"}, "namespace": "irc_"
  }},
  "rooms": {
    "!network:example.org": {"irc": {
      "type": "NetworkRoom", "user_id": "@ada:example.org", "name": "Libera", "nick": "ada",
      "username": "ada", "ircname": "Ada", "password": "secret-server",
      "sasl_username": "ada", "sasl_password": "secret-sasl",
      "autocmd": "PRIVMSG NickServ :secret-command", "tls_cert": "secret-certificate"
    }},
    "!Plumbed:example.org": {"irc": {
      "type": "PlumbedRoom", "user_id": "@ada:example.org", "name": "#tea", "network": "Libera",
      "network_id": "!network:example.org", "key": "secret-key", "topic_sync": "irc", "relaytag": "RELAYMSG"
    }},
    "!lost:example.org": {"irc": {
      "type": "PlumbedRoom", "user_id": "@ada:example.org", "name": "#lost", "network": "nowhere"
    }},
    "!portal:example.org": {"irc": {
      "type": "ChannelRoom", "user_id": "@ada:example.org", "name": "#cats", "network": "Libera",
      "network_id": "!network:example.org"
    }},
    "!other:example.org": {"m.tag": {"tags": {}}}
  }
}}
"""

BIBOUMI = """\
# biboumi's file
hostname=irc.example.org
password=secret-component
xmpp_server_ip=127.0.0.1
port=5347
admin=ada@example.org
db_name=biboumi.sqlite
fixed_irc_server=irc.fixed.example
webirc_password=secret-webirc
identd_port=0
"""

TABLES = """
CREATE TABLE ircserveroptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT, owner_ TEXT, server_ TEXT, pass_ TEXT,
  tlsports_ TEXT, ports_ TEXT, username_ TEXT, realname_ TEXT, verifycert_ INTEGER, trustedfingerprint_ TEXT,
  encodingout_ TEXT, encodingin_ TEXT, maxhistorylength_ INTEGER, address_ TEXT, nick_ TEXT,
  saslpassword_ TEXT, throttlelimit_ INTEGER);
CREATE TABLE ircchanneloptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT, owner_ TEXT, server_ TEXT,
  channel_ TEXT, encodingout_ TEXT, encodingin_ TEXT, maxhistorylength_ INTEGER, persistent_ INTEGER,
  recordhistory_ INTEGER);
"""
"""The tables of biboumi 9.0 that matter here."""
ROWS = """
INSERT INTO ircserveroptions_ (owner_, server_, pass_, tlsports_, ports_, verifycert_, encodingout_, address_,
  nick_, saslpassword_) VALUES
  ('ada@example.org', 'irc.libera.chat', 'secret-pass', '6697;6670', '6667', 1, 'UTF-8', '', 'ada',
   'secret-sasl'),
  ('bob@example.org', 'irc.libera.chat', '', '', '6667', 1, '', '', 'bob', ''),
  ('ada@example.org', 'irc.old.example', '', '', '6668', 0, 'latin-1', 'old.example', '', '');
INSERT INTO ircchanneloptions_ (owner_, server_, channel_, persistent_) VALUES
  ('ada@example.org', 'irc.libera.chat', '#tea', 1), ('bob@example.org', 'irc.libera.chat', '#tea', 1),
  ('ada@example.org', 'irc.old.example', '#cats', 1), ('ada@example.org', 'irc.libera.chat', '#gone', 0),
  ('ada@example.org', 'irc.new.example', '#new', 1);
"""
