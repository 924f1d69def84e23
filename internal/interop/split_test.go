//go:build e2e

package interop

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/smpp"
)

// splitting is a scenario in which messages without room are cut.
var splitting = &scenario{policies: gateway.Policies{Default: gateway.Account{
	Policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom},
}}}

// TestNodeSplit has node-smpp send messages that the gateway splits: it gets one answer and
// one receipt of each.
func TestNodeSplit(t *testing.T) {
	w := newWorld(t, true, splitting, "")
	node := w.startScript("node", "node/client.js")
	node.bind("bind_transceiver")
	const messages, parts = 3, 2 + 3 + 11
	for _, length := range []int{158, 400, 1500} {
		text := octets([]byte(strings.Repeat("0123456789", length/10+1)[:length]))
		node.command("submit_sm", submitted(fields{"message_payload": text, "short_message": "", "registered_delivery": 1}))
		_, response := node.event(w.ctx, "response")
		_, receipt := node.event(w.ctx, "request")
		if got, want := receipt["receipted_message_id"], response["message_id"]; got != want {
			t.Errorf("receipt of %d octets: got %v, want %v", length, got, want)
		}
	}
	w.awaitReceipts(parts)
	node.leave()
	w.stop()
	w.checkWhole(messages, parts)
}

// TestKannelSplit is the same with Kannel, which is told of the delivery once.
func TestKannelSplit(t *testing.T) {
	w := newWorld(t, true, splitting, "")
	k := w.startKannel()
	const messages, parts = 3, 6
	for range messages {
		k.send(k.withReceipt(url.Values{"text": {strings.Repeat("0123456789", 16)}}))
		k.await(2) // taken by the SMSC, and delivered
	}
	w.awaitReceipts(parts)
	w.deliver(fromSMSC(0, "afterwards", nil), smpp.StatusOK)
	k.await(1)
	for i, call := range k.leave() {
		want := []string{"sendsms ", "type=1", "type=8"}[i%3]
		if i == 3*messages {
			want = "/mo?"
		}
		if !strings.Contains(call, want) {
			t.Errorf("call %d: got %q, want %q", i+1, call, want)
		}
	}
	w.stop()
	w.checkWhole(messages, parts)
}

// awaitReceipts waits until the SMSC's receipts of all parts are answered, and with them
// whatever the ESME is to get has left.
func (w *world) awaitReceipts(parts int) {
	w.Helper()
	if got, err := w.smsc.WaitReceived(w.ctx, parts, pdu.DeliverSMRespID); err != nil {
		w.Fatalf("answers to the receipts: got %d, want %d: %v", len(got), parts, err)
	}
}

// checkWhole sees that the ESME got one answer and one receipt of each message, while the
// SMSC had all their parts.
func (w *world) checkWhole(messages, parts int) {
	w.Helper()
	front, back := w.front.traffic(w.T)[0], w.back.traffic(w.T)[0]
	isReceipt := func(f smpp.Frame) bool { return f.ID() == pdu.DeliverSMID && receipted(f) != "" }
	for _, tt := range []struct {
		name string
		in   []smpp.Frame
		is   func(smpp.Frame) bool
		want int
	}{
		{"messages of the ESME", front.up, isID(pdu.SubmitSMID), messages},
		{"answers to the ESME", front.down, isID(pdu.SubmitSMRespID), messages},
		{"receipts to the ESME", front.down, isReceipt, messages},
		{"messages to the SMSC", back.up, isID(pdu.SubmitSMID), parts},
		{"answers of the SMSC", back.down, isID(pdu.SubmitSMRespID), parts},
		{"receipts of the SMSC", back.down, isReceipt, parts},
	} {
		if got := len(slices.DeleteFunc(slices.Clone(tt.in), func(f smpp.Frame) bool { return !tt.is(f) })); got != tt.want {
			w.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	var answered, told []string
	for _, f := range front.down {
		switch {
		case f.ID() == pdu.SubmitSMRespID:
			id, _, _ := bytes.Cut(f.Body(), []byte{0})
			answered = append(answered, string(id))
		case isReceipt(f):
			told = append(told, receipted(f))
		}
	}
	if slices.Sort(answered); !slices.Equal(answered, slices.Sorted(slices.Values(told))) {
		w.Errorf("receipts: got %q, want %q", told, answered)
	}
}

func isID(id pdu.ID) func(smpp.Frame) bool {
	return func(f smpp.Frame) bool { return f.ID() == id }
}

// receipted is the message_id that a receipt is about.
func receipted(f smpp.Frame) string {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return ""
	}
	tlvs := m.TLVs()
	for t, ok := tlvs.Next(); ok; t, ok = tlvs.Next() {
		if t.Tag == smpp.TagReceiptedMessageID {
			return string(bytes.TrimRight(t.Value, "\x00"))
		}
	}
	return ""
}
