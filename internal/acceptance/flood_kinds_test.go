//go:build e2e

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nuid"

	"readback/internal/simulator"
)

// flood is something that strangers do, over and over, to keep out others.
type flood struct {
	name        string
	settings    func(*testing.T) settings // nil: none
	connections int
	once        func(ctx context.Context, g *gateway, n int) // on the nth connection; ends with ctx
	request     request
}

// request is what an honest peer does.
type request func(context.Context, *gateway, peer) error

var floods = []flood{
	{"silent connections, mirror", nil, 230, silent, bindHonestly},
	{"silent connections, shared", sharedBinds, 230, silent, bindHonestly},
	{"silent connections of many addresses", sharedBinds, 400, silentEverywhere, bindHonestly},
	{"wrong passwords, mirror", nil, 150, guessPassword, bindHonestly},
	{"wrong passwords, shared", sharedBinds, 150, guessPassword, bindHonestly},
	{"wrong passwords of many addresses, mirror", nil, manyAddresses, guessEverywhere, bindHonestly},
	{"wrong system_ids, mirror", nil, 150, guessAccount, bindHonestly},
	{"half a bind", sharedBinds, 150, halfABind, bindHonestly},
	{"silent HTTP", keyOnly, 1000, silentHTTP, askHonestly},
	{"kept and refused HTTP", keyOnly, 1000, refusedHTTP, askHonestly},
	{"silent MQTT", keyedMQTT, 400, silentMQTT, connectHonestly},
	{"wrong keys over MQTT", keyedMQTT, 150, wrongMQTT, connectHonestly},
	{"guessed proofs", keyOrProof, 50, guessProof, askHonestly},
}

func sharedBinds(t *testing.T) settings { return shared(t, 1) }

func keyOnly(*testing.T) settings { return keyed() }

// keyedMQTT are the settings of an MQTT listener for a few handsets.
func keyedMQTT(t *testing.T) settings {
	return keyed().with(mqttListener(t)).with(settings{"reads.max_clients": 50})
}

// keyOrProof are the settings of an HTTP interface that takes proofs, too.
func keyOrProof(t *testing.T) settings {
	key := writeFile(t, t.TempDir(), "proof.key", strings.Repeat("k", 32))
	return keyed("proof").with(settings{"track.proof": true, "track.proof_keys": []string{key}})
}

// strangerAt is the address of the nth stranger: a few have many connections each.
func strangerAt(n int) string { return fmt.Sprintf("127.0.0.%d", 2+n%3) }

// hold keeps a connection open until the gateway closes it, or ctx ends.
func hold(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	awaitClose(conn)
	_ = conn.Close() // the gateway may have been first
}

func silent(ctx context.Context, g *gateway, n int) {
	if conn, err := dialFrom(ctx, strangerAt(n), g.addr); err == nil {
		hold(ctx, conn)
	}
}

// manyAddresses is how many addresses strangers have in the floods from many.
const manyAddresses = 200

func silentEverywhere(ctx context.Context, g *gateway, n int) {
	if conn, err := dialFrom(ctx, fmt.Sprintf("127.0.1.%d", 1+n%manyAddresses), g.addr); err == nil {
		hold(ctx, conn)
	}
}

func guessPassword(ctx context.Context, g *gateway, n int) {
	bindWrongly(ctx, g, peer{strangerAt(n), accounts[n%len(accounts)]})
}

// guessEverywhere guesses the password of the honest account.
func guessEverywhere(ctx context.Context, g *gateway, n int) {
	bindWrongly(ctx, g, peer{fmt.Sprintf("127.0.1.%d", 1+n%manyAddresses), honestPeer.account})
}

// guessAccount names another account each time.
func guessAccount(ctx context.Context, g *gateway, n int) {
	bindWrongly(ctx, g, peer{strangerAt(n), fmt.Sprint("x", guesses.Add(1))})
}

// bindWrongly binds with a wrong password, and stays.
func bindWrongly(ctx context.Context, g *gateway, p peer) {
	conn, err := dialFrom(ctx, p.from, g.addr)
	if err != nil {
		return
	}
	_, _ = conn.Write(simulator.Bind{SystemID: p.account, Password: "wrong"}.Append(nil, 1)) // it may be closed already
	hold(ctx, conn)
}

func halfABind(ctx context.Context, g *gateway, n int) {
	conn, err := dialFrom(ctx, strangerAt(n), g.addr)
	if err != nil {
		return
	}
	_, _ = conn.Write(abuserBind()[:20]) // it may be closed already
	hold(ctx, conn)
}

func silentHTTP(ctx context.Context, g *gateway, n int) {
	if conn, err := dialFrom(ctx, strangerAt(n), g.reads); err == nil {
		hold(ctx, conn)
	}
}

func silentMQTT(ctx context.Context, g *gateway, n int) {
	if conn, err := dialFrom(ctx, strangerAt(n), g.mqtt); err == nil {
		hold(ctx, conn)
	}
}

func wrongMQTT(_ context.Context, g *gateway, n int) {
	_ = connectMQTT(g, strangerAt(n), "a wrong key") // it is refused
}

// connectHonestly connects, and leaves.
func connectHonestly(_ context.Context, g *gateway, p peer) error {
	return connectMQTT(g, p.from, apiKey)
}

// connectMQTT connects with a key.
func connectMQTT(g *gateway, from, key string) error {
	const soon = 10 * time.Second
	opt := mqtt.NewClientOptions().AddBroker("tcp://" + g.mqtt).SetClientID(nuid.Next()).SetUsername("app").SetPassword(key).
		SetAutoReconnect(false).SetConnectTimeout(soon).
		SetDialer(&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: soon})
	c := mqtt.NewClient(opt)
	t := c.Connect()
	defer c.Disconnect(0)
	if !t.WaitTimeout(soon) {
		return errors.New("no answer to CONNECT")
	}
	return t.Error()
}

// refusedHTTP keeps its connection after it was refused.
func refusedHTTP(ctx context.Context, g *gateway, n int) {
	conn, err := dialFrom(ctx, strangerAt(n), g.reads)
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "GET /v1/receivers/447700900123/optout HTTP/1.1\r\nHost: a\r\n\r\n") // it may be closed already
	hold(ctx, conn)
}

// guesses counts the guesses at proofs and accounts; lookedAt, those at proofs that were looked at.
var guesses, lookedAt atomic.Int64

// guessProof names another receiver each time.
func guessProof(ctx context.Context, g *gateway, n int) {
	body := fmt.Sprintf(`{"receiver":"%d","sender":"10690001","number":1,"proof":"00000000"}`, 447700000000+guesses.Add(1))
	if code, err := postRead(ctx, strangerAt(n), g.reads, body, ""); err == nil && code == http.StatusForbidden {
		lookedAt.Add(1)
	}
}

// TestGuessedProofs guesses proofs in the names of many receivers, from a few addresses. They get their
// share of reads.guess_rate.
func TestGuessedProofs(t *testing.T) {
	ctx := within(t)
	g := startGateway(ctx, t, free(t).with(keyOrProof(t)).with(settings{"reads.guess_rate": 120, "reads.failure_rate": 0}).write(t))
	guesses.Store(0)
	lookedAt.Store(0)
	const during = 10 * time.Second
	begin := time.Now()
	for time.Since(begin) < during {
		guessProof(ctx, g, 0)
	}
	// A quarter of 120 a minute, and one at first.
	if got, want := lookedAt.Load(), int64(time.Since(begin).Minutes()*120/4)+2; got > want || got == 0 {
		t.Errorf("%d of %d guesses were looked at, want %d at most, and some", got, guesses.Load(), want)
	}
}
