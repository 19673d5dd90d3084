// wasi:sockets, as far as programs ask for it that never use it: there are none.

enum { ACCESS_DENIED = 1, NOT_SUPPORTED = 2 };

static void refuse(Result to, u32 code) {
  set8(to, 1);
  set8(to + 4, code);
}

EXPORT("wasi:sockets/instance-network", "instance-network") u32 instance_network(void) { return take(NETWORK, 0); }
EXPORT("wasi:sockets/tcp-create-socket", "create-tcp-socket") void create_tcp_socket(u32 family, Result to) {
  refuse(to, NOT_SUPPORTED);
}
EXPORT("wasi:sockets/udp-create-socket", "create-udp-socket") void create_udp_socket(u32 family, Result to) {
  refuse(to, NOT_SUPPORTED);
}
EXPORT("wasi:sockets/ip-name-lookup", "resolve-addresses")
void resolve_addresses(u32 network, const u8 *name, u32 len, Result to) {
  handle(network, NETWORK);
  refuse(to, ACCESS_DENIED);
}
EXPORT("wasi:sockets/network", "network-error-code") void network_error_code(u32 error, Result to) {
  handle(error, ERROR);
  set8(to, 0);
}
