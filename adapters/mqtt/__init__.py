"""MQTT, topics as rooms: MQTT 5, or 3.1.1 where a broker knows nothing else (OASIS standards of both names).

A persistent session with a fixed client id keeps what is published with QoS 1 while we are away. Each
message is acknowledged once it is durable. Ours bear `client/number/txn`, in JSON or in a user property, and
come back to us: by that they are known after a crash, and what is missing shows that the broker lost it.

Known gaps: MQTT has no times and proves no names; what is published with QoS 0 while we are away is missed.
"""

from .adapter import MqttAdapter as Adapter

__all__ = ["Adapter"]
