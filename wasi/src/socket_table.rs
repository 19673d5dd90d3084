//! The table of the calls for sockets that preview 1 does not have: WasmEdge's, in its place, and WASIX's. One name may stand for
//! several functions, which are told from each other by what they take; those of preview 1 come first.

/// Hands the table to the macro `$each`: rows `MODULE "name" function(parameters) in family`.
macro_rules! socket_calls {
    ($each:ident) => {
        $each! {
            PREVIEW1 "sock_open" open(family: u32, kind: u32, fd: u32) in wasmedge;
            PREVIEW1 "sock_bind" bind(fd: u32, address: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_listen" listen(fd: u32, backlog: u32) in wasmedge;
            PREVIEW1 "sock_accept" accept(fd: u32, connection: u32) in wasmedge;
            PREVIEW1 "sock_connect" connect(fd: u32, address: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_recv_from" recv_from(
                fd: u32, iovs: u32, iovs_len: u32, address: u32, flags: u32, port: u32, received: u32, out_flags: u32
            ) in wasmedge;
            PREVIEW1 "sock_send_to" send_to(
                fd: u32, iovs: u32, iovs_len: u32, address: u32, port: u32, flags: u32, sent: u32
            ) in wasmedge;
            PREVIEW1 "sock_getlocaladdr" getlocaladdr(fd: u32, address: u32, family: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_getpeeraddr" getpeeraddr(fd: u32, address: u32, family: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_getlocaladdr" getlocaladdr_of_any(fd: u32, address: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_getpeeraddr" getpeeraddr_of_any(fd: u32, address: u32, port: u32) in wasmedge;
            PREVIEW1 "sock_setsockopt" setsockopt(fd: u32, level: u32, name: u32, value: u32, len: u32) in wasmedge;
            PREVIEW1 "sock_getsockopt" getsockopt(fd: u32, level: u32, name: u32, value: u32, len: u32) in wasmedge;
            PREVIEW1 "sock_getaddrinfo" getaddrinfo(
                node: u32, node_len: u32, service: u32, service_len: u32, hint: u32, result: u32, most: u32, count: u32
            ) in wasmedge;

            WASIX "sock_open" sock_open(family: u32, kind: u32, protocol: u32, fd: u32) in wasix_net;
            WASIX "sock_bind" sock_bind(fd: u32, address: u32) in wasix_net;
            WASIX "sock_listen" sock_listen(fd: u32, backlog: u32) in wasix_net;
            WASIX "sock_accept" sock_accept_v2(fd: u32, flags: u32, connection: u32, peer: u32) in wasix_net;
            WASIX "sock_accept_v2" sock_accept_v2(fd: u32, flags: u32, connection: u32, peer: u32) in wasix_net;
            WASIX "sock_connect" sock_connect(fd: u32, address: u32) in wasix_net;
            WASIX "sock_recv_from" sock_recv_from(
                fd: u32, iovs: u32, iovs_len: u32, flags: u32, received: u32, out_flags: u32, peer: u32
            ) in wasix_net;
            WASIX "sock_send_to" sock_send_to(
                fd: u32, iovs: u32, iovs_len: u32, flags: u32, address: u32, sent: u32
            ) in wasix_net;
            WASIX "sock_addr_local" sock_addr_local(fd: u32, address: u32) in wasix_net;
            WASIX "sock_addr_peer" sock_addr_peer(fd: u32, address: u32) in wasix_net;
            WASIX "sock_status" sock_status(fd: u32, status: u32) in wasix_net;
            WASIX "sock_set_opt_flag" sock_set_opt_flag(fd: u32, option: u32, value: u32) in wasix_net;
            WASIX "sock_get_opt_flag" sock_get_opt_flag(fd: u32, option: u32, value: u32) in wasix_net;
            WASIX "sock_set_opt_time" sock_set_opt_time(fd: u32, option: u32, value: u32) in wasix_net;
            WASIX "sock_get_opt_time" sock_get_opt_time(fd: u32, option: u32, value: u32) in wasix_net;
            WASIX "sock_set_opt_size" sock_set_opt_size(fd: u32, option: u32, value: u64) in wasix_net;
            WASIX "sock_get_opt_size" sock_get_opt_size(fd: u32, option: u32, value: u32) in wasix_net;
            WASIX "resolve" resolve(
                host: u32, host_len: u32, port: u32, addresses: u32, most: u32, count: u32
            ) in wasix_net;
        }
    };
}

pub(crate) use socket_calls;
