//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/handset"
	"readback/internal/simulator"
	"readback/smpp"
)

// TestKillAfterRead kills the gateway when it has answered a read response with 202,
// again and again: the feedback comes after the restart.
func TestKillAfterRead(t *testing.T) {
	ctx := within(t)
	var g *gateway
	network := simulator.NewNetwork(simulator.HandsetOptions{
		Respond: func(ctx context.Context, r handset.Response) error {
			return simulator.HTTPReads("http://"+g.reads+"/v1/reads", "")(ctx, r)
		},
	})
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true, Network: network})
	config := free(t).with(settings{"smsc.addr": c.addr}).write(t)
	g = startGateway(ctx, t, config)
	for i := range size(30) {
		to := fmt.Sprintf("4477009002%02d", i)
		id := submitOne(ctx, t, g, to)
		phone := network.Handset(to)
		m, err := phone.WaitMessage(ctx, 1)
		if err == nil {
			err = phone.Open(ctx, m)
		}
		if err != nil {
			t.Fatalf("read response: %v", err)
		}
		g.kill()
		g = startGateway(ctx, t, config)
		if got := nextFeedback(ctx, t, g); !strings.Contains(got, to) || !strings.Contains(got, id) {
			t.Errorf("feedback %q, want that of %s to %s", got, id, to)
		}
	}
}

// submitOne sends a message and leaves; it returns the message_id.
func submitOne(ctx context.Context, t *testing.T, g *gateway, to string) string {
	t.Helper()
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: accounts[0]}})
	if err != nil {
		t.Fatal(err)
	}
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Hello")}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	if err := e.Unbind(ctx); err != nil {
		t.Fatal(err)
	}
	id, _, _ := bytes.Cut(resp.Body(), []byte{0})
	return string(id)
}

// nextFeedback binds until a feedback has come, and returns its octets as text.
func nextFeedback(ctx context.Context, t *testing.T, g *gateway) string {
	t.Helper()
	const soon = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	told := make(chan string, 100)
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: accounts[0]},
		OnRequest: func(f smpp.Frame) pdu.Status {
			told <- string(f)
			return smpp.StatusOK
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-told:
		if err := e.Unbind(ctx); err != nil {
			t.Error(err)
		}
		return text
	case <-ctx.Done():
		return ""
	}
}
