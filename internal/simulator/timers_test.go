package simulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// bindPipe binds over a pipe within a synctest bubble.
func bindPipe(t *testing.T, p *testpeer.Pipes) (send func(smpp.Frame), next func() (smpp.Frame, error)) {
	t.Helper()
	conn := p.Dial()
	in := smpp.NewReader(conn)
	send = func(f smpp.Frame) { _, _ = conn.Write(f) }
	send(Bind{SystemID: "bank"}.Append(nil, 1))
	if f, err := in.Next(); err != nil || f.Status() != 0 {
		t.Fatalf("bind = %x, %v", []byte(f), err)
	}
	return send, in.Next
}

func TestEnquireLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		testpeer.Serve(t, "the SMSC", p, NewSMSC(Options{EnquireLink: 30 * time.Second}).Serve)
		send, next := bindPipe(t, p)
		start := time.Now()
		for i := 1; i <= 3; i++ {
			f, err := next()
			if got, want := time.Since(start), time.Duration(i)*30*time.Second; err != nil || f.ID() != pdu.EnquireLinkID || got != want {
				t.Fatalf("got %x, %v after %v, want enquire_link after %v", []byte(f), err, got, want)
			}
			if i < 3 {
				send(smpp.AppendHeader(nil, pdu.EnquireLinkRespID, 0, f.Seq(), 0))
			}
		}
		if _, err := next(); err == nil {
			t.Error("the session outlives an unanswered enquire_link")
		}
		if got := time.Since(start); got != 120*time.Second {
			t.Errorf("closed after %v, want 2m0s", got)
		}
	})
}

func TestResponseDelayAndWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		testpeer.Serve(t, "the SMSC", p, NewSMSC(Options{ResponseDelay: time.Second, Window: 2}).Serve)
		send, next := bindPipe(t, p)
		start := time.Now()
		m := text(receiver, "Hi")
		m.RegisteredDelivery = 1
		for seq := uint32(2); seq <= 4; seq++ {
			send(m.Append(nil, pdu.SubmitSMID, seq))
		}
		for _, want := range []struct {
			id     pdu.ID
			seq    uint32
			status pdu.Status
			after  time.Duration
		}{
			{pdu.SubmitSMRespID, 4, smpp.StatusThrottled, 0},
			{pdu.SubmitSMRespID, 2, 0, time.Second},
			{pdu.DeliverSMID, defaultFirstSeq, 0, time.Second},
			{pdu.SubmitSMRespID, 3, 0, time.Second},
		} {
			f, err := next()
			if err != nil || f.ID() != want.id || f.Seq() != want.seq || f.Status() != want.status || time.Since(start) != want.after {
				t.Fatalf("got %x, %v after %v, want %+v", []byte(f), err, time.Since(start), want)
			}
		}
	})
}

func TestDeliverAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		n := NewNetwork(HandsetOptions{})
		testpeer.Serve(t, "the SMSC", p, NewSMSC(Options{DeliverAfter: time.Minute, Network: n}).Serve)
		send, next := bindPipe(t, p)
		m := text(receiver, "first")
		m.RegisteredDelivery = 1
		ids := make([]string, 3)
		for i := range ids {
			send(m.Append(nil, pdu.SubmitSMID, uint32(2+i)))
			f, err := next()
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = messageID(f)
		}
		expect := func(what smpp.Frame, id pdu.ID, status pdu.Status, contains string) {
			t.Helper()
			if what != nil {
				what.SetSeq(100)
				send(what)
			}
			f, err := next()
			if err != nil || f.ID() != id || f.Status() != status || !strings.Contains(string(f), contains) {
				t.Fatalf("got %q, %v, want %08x status %#x with %q", []byte(f), err, uint32(id), uint32(status), contains)
			}
		}
		expect(request(pdu.QuerySMID, ids[0], 0, 1, sender), pdu.QuerySMRespID, 0, ids[0]+"\x00\x00\x01\x00")
		expect(request(pdu.CancelSMID, "", ids[1], 0, 1, sender, 1, 1, receiver), pdu.DeliverSMID, 0, "id:"+ids[1]+" sub:001 dlvrd:000")
		expect(nil, pdu.CancelSMRespID, 0, "")
		expect(withBody(request(pdu.ReplaceSMID, ids[2], 0, 1, sender, "", "", 1, 0, 6), "second"), pdu.ReplaceSMRespID, 0, "")
		if got := len(n.Handset(receiver).Messages()); got != 0 {
			t.Errorf("%d messages are there before their time", got)
		}
		expect(nil, pdu.DeliverSMID, 0, "id:"+ids[0])
		expect(nil, pdu.DeliverSMID, 0, "text:second")
		expect(request(pdu.CancelSMID, "", ids[0], 0, 1, sender, 1, 1, receiver), pdu.CancelSMRespID, statusCancelFail, "")
		var got []string
		for _, m := range n.Handset(receiver).Messages() {
			got = append(got, m.Text)
		}
		if strings.Join(got, " ") != "first second" {
			t.Errorf("inbox = %q, want first and second", got)
		}
	})
}
