daemonize = false
pidfile = "/tmp/prosody.pid"
data_path = "/data"
log = { info = "*console" }
modules_enabled = { "roster", "saslauth", "disco", "ping", "smacks", "register" }
modules_disabled = { "s2s", "tls", "offline" }
-- A private network: whoever reaches the port may make an account, and nothing is encrypted.
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
s2s_ports = {}
http_ports = {}
https_ports = {}
component_interfaces = { "127.0.0.1" }
VirtualHost "chat.example"
Component "rooms.chat.example" "muc"
  modules_enabled = { "muc_mam" }
  muc_log_by_default = true
  muc_room_locking = false
  muc_room_default_public = true
Component "hubbub.chat.example"
  component_secret = ENV_HUBBUB_SECRET
