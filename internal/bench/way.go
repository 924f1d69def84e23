package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
)

// A Way is how messages get from the load to the sink.
type Way string

// The ways.
const (
	Direct     Way = "direct"      // no process in between
	Relay      Way = "relay"       // `readback sim relay`
	HAProxy    Way = "haproxy"     // HAProxy in TCP mode
	Untracked  Way = "untracked"   // the gateway; no message is numbered
	Tracked    Way = "tracked"     // the gateway; each message gets a number
	Receipts   Way = "receipts"    // tracked, and the SMSC sends a delivery receipt for each message
	ReadArrays Way = "read arrays" // tracked, then read: 100 read responses in a request
	ReadSingle Way = "read single" // tracked, then read: a read response in a request, on kept connections
	ReadNATS   Way = "read nats"   // the same, in requests over NATS
	ReadMQTT   Way = "read mqtt"   // the same, in messages over MQTT, QoS 1
)

// route is a row of the table of ways.
type route struct {
	way        Way
	open       func(*bench, context.Context, *world) error // starts what is between load and sink
	registered byte                                        // registered_delivery of the load (SMPP 3.4 §5.2.17)
	array      int                                         // read responses in a request; zero: nothing is read
	senders    int                                         // requests at once
	by         string                                      // scheme of the URL that they go to; empty: HTTP
}

// routes is the table of ways.
var routes = []route{
	{way: Direct, open: (*bench).openDirect},
	{way: Relay, open: (*bench).openRelay},
	{way: HAProxy, open: (*bench).openHAProxy},
	{way: Untracked, open: (*bench).openGateway},
	{way: Tracked, open: (*bench).openGateway, registered: 4},
	{way: Receipts, open: (*bench).openGateway, registered: 5},
	{way: ReadArrays, open: (*bench).openGateway, registered: 4, array: 100, senders: 4},
	{way: ReadSingle, open: (*bench).openGateway, registered: 4, array: 1, senders: 16},
	{way: ReadNATS, open: (*bench).openGateway, registered: 4, array: 1, senders: 16, by: "nats"},
	{way: ReadMQTT, open: (*bench).openGateway, registered: 4, array: 1, senders: 16, by: "mqtt"},
}

// Ways are the names of all ways.
func Ways() []string {
	all := make([]string, len(routes))
	for i, r := range routes {
		all[i] = string(r.way)
	}
	return all
}

// routeOf returns the row of a way.
func routeOf(w Way) (route, bool) {
	i := slices.IndexFunc(routes, func(r route) bool { return r.way == w })
	if i < 0 {
		return route{}, false
	}
	return routes[i], true
}

// isGateway reports whether the way is through the gateway, of which --against gives another release.
func (w Way) isGateway() bool {
	return w != Direct && w != Relay && w != HAProxy
}

func (b *bench) openDirect(_ context.Context, w *world) error {
	w.addr = w.sinkAddr
	return nil
}

var relayListens = regexp.MustCompile(`relay listens on (\S+)`)

func (b *bench) openRelay(ctx context.Context, w *world) (err error) {
	w.target, err = start(w.dir, "relay", nil, b.opt.Binary, "sim", "relay", "--addr", "127.0.0.1:0", "--to", w.sinkAddr)
	if err != nil {
		return err
	}
	found, err := w.target.await(ctx, startTime, relayListens)
	if err == nil {
		w.addr = found[1]
	}
	return err
}

// haproxyConfig has HAProxy as it comes: one thread for each processor, no splicing, no log. It inherits the
// socket that it listens on.
const haproxyConfig = `global
  maxconn %d
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend esmes
  bind fd@3
  default_backend smsc
backend smsc
  server smsc %s
`

// findHAProxy returns the path of HAProxy, empty if it is not installed.
func findHAProxy() string {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (b *bench) openHAProxy(_ context.Context, w *world) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }()
	config := filepath.Join(w.dir, "haproxy.cfg")
	if err := os.WriteFile(config, fmt.Appendf(nil, haproxyConfig, w.setup.Binds+100, w.sinkAddr), 0o600); err != nil {
		return err
	}
	w.addr = ln.Addr().String() // connections wait in the socket until HAProxy takes them
	w.target, err = start(w.dir, "haproxy", []*os.File{socket}, b.haproxy, "-db", "-f", config)
	return err
}
