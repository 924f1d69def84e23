// Package interop holds the gateway against SMPP peers of other makers: what
// either side sees with the gateway between them must differ from what it sees
// without by the number alone. Wireshark and Kannel also judge the messages that
// carry it: each must read as it came, and its parts as the message that was cut.
// Its tests have the build tag e2e; install.sh brings the peers.
package interop
