package transport

import (
	"net"
	"net/netip"
	"testing"
)

// allowing returns the list of the prefixes.
func allowing(prefixes ...string) (list Allow) {
	for _, p := range prefixes {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

func TestAllows(t *testing.T) {
	unix := &net.UnixAddr{Name: "/run/esme", Net: "unix"}
	tests := []struct {
		name string
		list []string
		addr net.Addr
		want bool
	}{
		{"empty list", nil, tcpAddr("192.0.2.1:1"), true},
		{"empty list, no IP", nil, unix, true},
		{"empty list, nothing", nil, nil, true},
		{"address", []string{"192.0.2.1/32"}, tcpAddr("192.0.2.1:1"), true},
		{"next address", []string{"192.0.2.1/32"}, tcpAddr("192.0.2.2:1"), false},
		{"first of prefix", []string{"10.1.0.0/16"}, tcpAddr("10.1.0.0:1"), true},
		{"last of prefix", []string{"10.1.0.0/16"}, tcpAddr("10.1.255.255:1"), true},
		{"behind prefix", []string{"10.1.0.0/16"}, tcpAddr("10.2.0.0:1"), false},
		{"prefix with host bits", []string{"10.1.2.3/16"}, tcpAddr("10.1.9.9:1"), true},
		{"second entry", []string{"10.1.0.0/16", "2001:db8::/32"}, tcpAddr("[2001:db8::1]:1"), true},
		{"IPv6 address", []string{"2001:db8::1/128"}, tcpAddr("[2001:db8::1]:1"), true},
		{"next IPv6 address", []string{"2001:db8::1/128"}, tcpAddr("[2001:db8::2]:1"), false},
		{"zone", []string{"fe80::/10"}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0"}, true},
		{"mapped address", []string{"192.0.2.0/24"}, &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1")}, true},
		{"all of IPv6 has no IPv4", []string{"::/0"}, tcpAddr("192.0.2.1:1"), false},
		{"all of IPv4 has no IPv6", []string{"0.0.0.0/0"}, tcpAddr("[2001:db8::1]:1"), false},
		{"no IP", []string{"0.0.0.0/0", "::/0"}, unix, false},
		{"nothing", []string{"0.0.0.0/0", "::/0"}, nil, false},
		{"nil address", []string{"0.0.0.0/0", "::/0"}, (*net.TCPAddr)(nil), false},
		{"empty address", []string{"0.0.0.0/0", "::/0"}, &net.TCPAddr{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := allowing(tt.list...)
			if got := list.Allows(tt.addr); got != tt.want {
				t.Errorf("%v allows %v: got %v, want %v", list, tt.addr, got, tt.want)
			}
		})
	}
}
