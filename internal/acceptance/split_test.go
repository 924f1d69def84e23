//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestReceiptsOfSplitMessage sends messages of three parts each, and kills the gateway between
// the receipts of their parts: the ESME gets one receipt a message, with the
// message_id that it knows and the worst outcome.
func TestReceiptsOfSplitMessage(t *testing.T) {
	ctx := within(t)
	for _, tt := range []struct {
		name string
		mode settings
	}{{"mirror", nil}, {"shared", shared(t, 1)}} {
		t.Run(tt.name, func(t *testing.T) {
			c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true})
			config := free(t).with(tt.mode).with(settings{"smsc.addr": c.addr, "track.overflow": "split"}).write(t)
			g := startGateway(ctx, t, config)
			for i, outcome := range []string{"DELIVRD", "UNDELIV", "FAILED"} {
				to := fmt.Sprintf("44770090030%d", i)
				sender, _ := bindESME(ctx, t, g)
				id := submitLong(ctx, t, sender, to)
				ids := partIDs(t, id)
				receipts := []string{"DELIVRD", outcome, "DELIVERED"}
				if outcome == "FAILED" {
					outcome = "UNDELIV" // in the words of the standard
				}
				for n := range 2 {
					c.receipt(ctx, t, ids[n], receipts[n], to)
				}
				g.kill()
				g = startGateway(ctx, t, config)
				esme, told := bindESME(ctx, t, g)
				c.receipt(ctx, t, ids[1], receipts[1], to) // the SMSC may not have got the answer
				c.receipt(ctx, t, ids[2], receipts[2], to)
				c.receipt(ctx, t, ids[0], receipts[0], to)
				select {
				case text := <-told:
					if !strings.Contains(text, "id:"+id+" ") || !strings.Contains(text, "stat:"+outcome+" ") {
						t.Errorf("receipt %q, want that of %s, %s", text, id, outcome)
					}
				case <-ctx.Done():
					t.Fatal("no receipt came")
				}
				if err := esme.Unbind(ctx); err != nil {
					t.Error(err)
				}
				if len(told) > 0 {
					t.Errorf("another receipt came: %q", <-told)
				}
			}
		})
	}
}

// bindESME binds an ESME, and tells of the deliver_sm that it gets.
func bindESME(ctx context.Context, t *testing.T, g *gateway) (*simulator.ESME, <-chan string) {
	t.Helper()
	told := make(chan string, 100)
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: accounts[0], Password: password},
		OnRequest: func(f smpp.Frame) pdu.Status {
			if m, err := smpp.ParseMessage(f); err == nil {
				told <- string(m.UserData())
			}
			return smpp.StatusOK
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, told
}

// submitLong sends a message of three parts and returns the message_id.
func submitLong(ctx context.Context, t *testing.T, e *simulator.ESME, to string) string {
	t.Helper()
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(to), RegisteredDelivery: 1,
		TLVs: smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("0123456789", 40))),
	}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	id, _, _ := bytes.Cut(resp.Body(), []byte{0})
	return string(id)
}

// partIDs are the message_ids of the parts, which the SMSC counts up in hexadecimal.
func partIDs(t *testing.T, first string) [3]string {
	t.Helper()
	n, err := strconv.ParseUint(first, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return [3]string{first, fmt.Sprintf("%X", n+1), fmt.Sprintf("%X", n+2)}
}

// receipt sends a receipt until somebody takes it.
func (c *smsc) receipt(ctx context.Context, t *testing.T, id, stat, from string) {
	t.Helper()
	const soon = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	m := simulator.ShortMessage{
		From: simulator.Number(from), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassReceipt,
		UserData: []byte("id:" + id + " sub:001 dlvrd:001 submit date:2611230829 done date:2611230831 stat:" + stat + " err:000 text:0123456789"),
	}
	if !poll(ctx, func() bool {
		status, err := c.Deliver(ctx, "", m.Append(nil, pdu.DeliverSMID, 0))
		return err == nil && status == smpp.StatusOK
	}) {
		t.Fatalf("the receipt of %s is not taken", id)
	}
}
