/** BOLT 1: the transport's length field has two bytes. Counts the message type too. */
export const MAX_MESSAGE_SIZE = 65535;
/** BOLT 4: the size of a payment onion. */
export const ONION_ROUTING_PACKET_SIZE = 1366;
