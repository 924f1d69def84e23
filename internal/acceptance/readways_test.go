//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"readback/internal/simulator"
	"readback/smpp"
)

// readsJSON is the items as an array of read responses.
func readsJSON(items []readItem) []byte {
	type read struct {
		Receiver string `json:"receiver"`
		Sender   string `json:"sender"`
		Number   int    `json:"number"`
		ID       string `json:"id"`
	}
	all := make([]read, len(items))
	for i, item := range items {
		all[i] = read{item.receiver, readFrom, item.number, fmt.Sprint(item.receiver, "-", item.number)}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return text
}

// readVerdicts are the codes of an answer to an array.
func readVerdicts(text []byte, n int) ([]int, error) {
	var all []struct{ Code int }
	if err := json.Unmarshal(text, &all); err != nil || len(all) != n {
		return nil, fmt.Errorf("answer %.100q: %v, want %d verdicts", text, err, n)
	}
	codes := make([]int, n)
	for i, v := range all {
		codes[i] = v.Code
	}
	return codes, nil
}

// httpReads posts arrays.
type httpReads struct{ url string }

func openHTTPReads(_ context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	g, _ := w.current()
	return httpReads{"http://" + g.reads + "/v1/reads"}, nil
}

func (h httpReads) close() {}

func (h httpReads) send(ctx context.Context, items []readItem) ([]int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(readsJSON(items)))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	return readVerdicts(text.Bytes(), len(items))
}

// natsListener has the embedded server listen.
func natsListener(t *testing.T) settings { return settings{"relay.listen": freeAddr(t)} }

// natsReads publishes to the stream, or asks.
type natsReads struct {
	nc *nats.Conn
	js jetstream.JetStream // nil: ask
}

func openNATSReads(w *readWorld) (*natsReads, error) {
	nc, err := nats.Connect("nats://"+w.listens("relay.listen"), nats.NoReconnect())
	if err != nil {
		return nil, err
	}
	return &natsReads{nc: nc}, nil
}

func openRequestReads(_ context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	n, err := openNATSReads(w)
	return n, err
}

func openStreamReads(_ context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	n, err := openNATSReads(w)
	if err == nil {
		n.js, err = jetstream.New(n.nc)
	}
	return n, err
}

func (n *natsReads) close() { n.nc.Close() }

func (n *natsReads) send(ctx context.Context, items []readItem) ([]int, error) {
	if n.js != nil {
		_, err := n.js.Publish(ctx, "readback.reads", readsJSON(items))
		return make([]int, len(items)), err
	}
	m, err := n.nc.RequestWithContext(ctx, "readback.reads.now", readsJSON(items))
	if err != nil {
		return nil, err
	}
	return readVerdicts(m.Data, len(items))
}

// smsReads has the SMSC deliver messages of the receivers.
type smsReads struct{ c *smsc }

func openSMSReads(ctx context.Context, _ *testing.T, w *readWorld) (readWay, error) {
	return smsReads{w.smsc}, nil
}

func (s smsReads) close() {}

func (s smsReads) send(ctx context.Context, items []readItem) ([]int, error) {
	var all errgroup.Group
	for _, item := range items {
		all.Go(func() error { return s.sendOne(ctx, item) })
	}
	return make([]int, len(items)), all.Wait()
}

// sendOne sends until the gateway takes it: the ESME is away now and then, or the gateway.
func (s smsReads) sendOne(ctx context.Context, item readItem) error {
	m := simulator.ShortMessage{
		From: simulator.Number(item.receiver), To: simulator.Number(readFrom), ESMClass: smpp.ESMClassUDHI,
		UserData: []byte{5, 0x81, 3, byte(item.number >> 8), byte(item.number), 1},
	}
	if !poll(ctx, func() bool {
		status, err := s.c.Deliver(ctx, "", m.Append(nil, pdu.DeliverSMID, 0))
		return err == nil && status == smpp.StatusOK
	}) {
		return context.Cause(ctx)
	}
	return nil
}
