//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// honest is how many binds, with a message each, or requests there are during each flood.
const honest = 60

const (
	floodTime = 2 * time.Second        // how long a flood lasts before the honest peers come
	again     = 200 * time.Millisecond // until a stranger that was cut off comes again
)

// peer is who binds or asks honestly.
type peer struct{ from, account string }

// honestPeer is not known when the flood begins. warmPeer was there before: the first messages of a gateway
// take longer than others, flood or not.
var (
	honestPeer = peer{"127.0.0.1", accounts[0]}
	warmPeer   = peer{"127.0.0.99", accounts[1]}
)

// TestFloods serves honest peers during each flood, all of them. How long that takes beside a quiet
// gateway is in the log: it depends on the machine.
func TestFloods(t *testing.T) {
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			ctx := within(t)
			quiet := serveRounds(ctx, t, f.start(ctx, t), f.request)
			g := f.start(ctx, t)
			stop := f.begin(ctx, g)
			rest(ctx, floodTime)
			during := serveRounds(ctx, t, g, f.request)
			stop()
			t.Logf("99th percentile, first and least: %v during the flood, %v when it is quiet", during, quiet)
		})
	}
}

// start starts a gateway for the flood, with an SMSC of its own, and has it serve a few peers.
func (f *flood) start(ctx context.Context, t *testing.T) *gateway {
	t.Helper()
	c := startSMSC(t, listen(t, ""), simulator.Options{
		Accounts: map[string]string{accounts[0]: password, accounts[1]: password, gatewayID: password},
	})
	set := free(t).with(settings{"smsc.addr": c.addr, "accounts.bank.max_sessions": 20})
	if f.settings != nil {
		set = set.with(f.settings(t))
	}
	g := startGateway(ctx, t, set.write(t))
	g.mqtt, _ = set["reads.mqtt.addr"].(string)
	g.awaitReady(ctx)
	if !poll(ctx, func() bool { return f.request(ctx, g, warmPeer) == nil }) { // MQTT is a moment later
		t.Fatal("before the flood: nothing is served")
	}
	const few = 10
	for range few {
		if err := f.request(ctx, g, warmPeer); err != nil {
			t.Fatalf("before the flood: %v", err)
		}
	}
	return g
}

// begin begins the flood; stop ends it.
func (f *flood) begin(ctx context.Context, g *gateway) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for n := range f.connections {
		running.Go(func() {
			for ctx.Err() == nil {
				f.once(ctx, g, n)
				rest(ctx, again)
			}
		})
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// serveRounds makes the honest binds or requests some times over. It returns the 99th percentile of the
// first round, in which the honest peer is not known yet, and the least one: what else the machine does
// makes some of them longer.
func serveRounds(ctx context.Context, t *testing.T, g *gateway, once request) (took [2]time.Duration) {
	t.Helper()
	const more = 3
	first := serveHonest(ctx, t, g, once)
	least := first
	for range more {
		least = min(least, serveHonest(ctx, t, g, once))
	}
	return [2]time.Duration{first, least}
}

// serveHonest makes the honest binds or requests, some at a time, and returns the 99th percentile of the
// time that they take.
func serveHonest(ctx context.Context, t *testing.T, g *gateway, once request) time.Duration {
	t.Helper()
	const atOnce = 3
	took, failed := make([]time.Duration, honest), make([]error, honest)
	var running sync.WaitGroup
	for first := range atOnce {
		running.Go(func() {
			for i := first; i < honest; i += atOnce {
				begin := time.Now()
				failed[i] = once(ctx, g, honestPeer)
				took[i] = time.Since(begin)
			}
		})
	}
	running.Wait()
	for i, err := range failed {
		if err != nil {
			t.Errorf("honest peer %d: %v", i, err)
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// dialFrom connects from an address of the loopback.
func dialFrom(ctx context.Context, from, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	return d.DialContext(ctx, "tcp", addr)
}

// bindHonestly binds, sends a message and leaves.
func bindHonestly(ctx context.Context, g *gateway, p peer) error {
	conn, err := dialFrom(ctx, p.from, g.addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // the reads below see it
	r := smpp.NewReader(conn)
	for _, f := range []smpp.Frame{
		simulator.Bind{SystemID: p.account, Password: password}.Append(nil, 1),
		message("in a flood"),
		smpp.AppendHeader(nil, pdu.UnbindID, 0, 9, 0),
	} {
		if _, err := conn.Write(f); err != nil {
			return err
		}
		answer, err := r.Next()
		if err != nil || answer.ID() != smpp.ResponseID(f.ID()) || answer.Status() != smpp.StatusOK {
			return fmt.Errorf("%s: got % x, %w", smpp.Command(f.ID()), []byte(answer), err)
		}
	}
	return nil
}

// apiKey is the key of the honest callers.
const apiKey = "the key of an app backend"

// keyed are the settings of an HTTP interface that takes the key, and whatever else auth says.
func keyed(auth ...string) settings {
	sum := sha256.Sum256([]byte(apiKey))
	return settings{
		"reads.auth":     append([]string{"api_key"}, auth...),
		"reads.api_keys": []map[string]any{{"name": "app", "sha256": hex.EncodeToString(sum[:])}},
	}
}

// askHonestly reports a read of no message, over a connection of its own.
func askHonestly(ctx context.Context, g *gateway, p peer) error {
	code, err := postRead(ctx, p.from, g.reads, `{"receiver":"447700900199","sender":"bank","number":1}`, apiKey)
	if err == nil && code != http.StatusNotFound {
		err = fmt.Errorf("got %d, want 404", code)
	}
	return err
}

// postRead posts a read response from an address of the loopback.
func postRead(ctx context.Context, from, addr, body, key string) (code int, err error) {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) { return dialFrom(ctx, from, addr) }}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/reads", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-API-Key", key)
	client := http.Client{Transport: tr, Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
