package transport

import (
	"net"
	"slices"
	"strings"
	"testing"
)

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
		{"address", []string{"192.0.2.1"}, tcpAddr("192.0.2.1:1"), true},
		{"next address", []string{"192.0.2.1"}, tcpAddr("192.0.2.2:1"), false},
		{"first of prefix", []string{"10.1.0.0/16"}, tcpAddr("10.1.0.0:1"), true},
		{"last of prefix", []string{"10.1.0.0/16"}, tcpAddr("10.1.255.255:1"), true},
		{"behind prefix", []string{"10.1.0.0/16"}, tcpAddr("10.2.0.0:1"), false},
		{"prefix with host bits", []string{"10.1.2.3/16"}, tcpAddr("10.1.9.9:1"), true},
		{"second entry", []string{"10.1.0.0/16", "2001:db8::/32"}, tcpAddr("[2001:db8::1]:1"), true},
		{"IPv6 address", []string{"2001:db8::1"}, tcpAddr("[2001:db8::1]:1"), true},
		{"next IPv6 address", []string{"2001:db8::1"}, tcpAddr("[2001:db8::2]:1"), false},
		{"zone", []string{"fe80::/10"}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0"}, true},
		{"mapped address", []string{"192.0.2.0/24"}, &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1")}, true},
		{"mapped entry", []string{"::ffff:192.0.2.1"}, tcpAddr("192.0.2.1:1"), true},
		{"mapped prefix", []string{"::ffff:192.0.2.0/120"}, tcpAddr("192.0.2.255:1"), true},
		{"outside mapped prefix", []string{"::ffff:192.0.2.0/120"}, tcpAddr("192.0.3.0:1"), false},
		{"all of IPv6 has no IPv4", []string{"::/0"}, tcpAddr("192.0.2.1:1"), false},
		{"all of IPv4 has no IPv6", []string{"0.0.0.0/0"}, tcpAddr("[2001:db8::1]:1"), false},
		{"no IP", []string{"0.0.0.0/0", "::/0"}, unix, false},
		{"nothing", []string{"0.0.0.0/0", "::/0"}, nil, false},
		{"nil address", []string{"0.0.0.0/0", "::/0"}, (*net.TCPAddr)(nil), false},
		{"empty address", []string{"0.0.0.0/0", "::/0"}, &net.TCPAddr{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := ParseAllow(tt.list)
			if err != nil {
				t.Fatal(err)
			}
			if got := list.Allows(tt.addr); got != tt.want {
				t.Errorf("%v allows %v: got %v, want %v", list, tt.addr, got, tt.want)
			}
		})
	}
}

func TestParseAllowErrors(t *testing.T) {
	bad := []string{
		"", "esme.example", "192.0.2", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.01", "fe80::1%eth0", "fe80::%eth0/64",
		"::ffff:192.0.2.0/95", "192.0.2.1:2775", " 192.0.2.1",
	}
	list, err := ParseAllow(append([]string{"192.0.2.1"}, bad...))
	if list != nil || err == nil {
		t.Fatalf("got %v, %v, want an error and no list", list, err)
	}
	for _, entry := range bad {
		if !strings.Contains(err.Error(), `"`+entry+`"`) {
			t.Errorf("got %v, want %q named", err, entry)
		}
	}
}

// FuzzParseAllow checks that what is read allows itself, and reads the same again.
func FuzzParseAllow(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "10.0.0.0/8", "::/0", "2001:db8::/32", "::ffff:10.0.0.0/104", "fe80::1%eth0", "/", "1.2.3.4/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseAllow([]string{s})
		if err != nil {
			return
		}
		if first := list[0].Addr(); !list.Allows(&net.TCPAddr{IP: first.AsSlice()}) {
			t.Errorf("%q: %v does not allow %v", s, list, first)
		}
		again, err := ParseAllow([]string{list[0].String()})
		if err != nil || !slices.Equal(again, list) {
			t.Errorf("%q: got %v, %v, want %v", s, again, err, list)
		}
	})
}
