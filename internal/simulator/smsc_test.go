package simulator

import (
	"context"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

func TestBind(t *testing.T) {
	accounts := map[string]string{"bank": "secret"}
	ok := hex.EncodeToString([]byte("SMSC\x00\x02\x10\x00\x01\x34"))
	tests := []struct {
		name   string
		opt    Options
		bind   Bind
		status pdu.Status
		body   string
	}{
		{"anybody", Options{}, Bind{SystemID: "any"}, 0, ok},
		{"receiver", Options{}, Bind{ID: pdu.BindReceiverID}, 0, ok},
		{"transmitter", Options{}, Bind{ID: pdu.BindTransmitterID}, 0, ok},
		{"known", Options{Accounts: accounts}, Bind{SystemID: "bank", Password: "secret"}, 0, ok},
		{"wrong password", Options{Accounts: accounts}, Bind{SystemID: "bank", Password: "guess"}, 0x0E, ""},
		{"unknown", Options{Accounts: accounts}, Bind{SystemID: "shop", Password: "secret"}, 0x0F, ""},
		{"own refusal", Options{Accounts: accounts, BindRefusal: 0x0D}, Bind{SystemID: "shop"}, 0x0D, ""},
		{"old SMSC", Options{OmitVersion: true, SystemID: "old"}, Bind{}, 0, hex.EncodeToString([]byte("old\x00"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, addr := startSMSC(t, tt.opt)
			p := testpeer.Dial(t, addr)
			req := tt.bind.Append(nil, 7)
			p.Send(req)
			f := p.Next("response")
			if got, want := f.ID(), smpp.ResponseID(req.ID()); got != want || f.Seq() != 7 {
				t.Errorf("response = %08x seq %d, want %08x seq 7", uint32(got), f.Seq(), uint32(want))
			}
			if got := hex.EncodeToString(f.Body()); f.Status() != tt.status || got != tt.body {
				t.Errorf("status, body = %#x, %s, want %#x, %s", uint32(f.Status()), got, uint32(tt.status), tt.body)
			}
		})
	}
}

func TestUnbound(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	p := testpeer.Dial(t, addr)
	tests := []struct {
		name   string
		frame  smpp.Frame
		id     pdu.ID
		status pdu.Status
	}{
		{"enquire_link", request(pdu.EnquireLinkID), pdu.EnquireLinkRespID, 0},
		{"submit_sm", submit(text(receiver, "Hi")), pdu.SubmitSMRespID, smpp.StatusInvBindState},
		{"query_sm", request(pdu.QuerySMID, "1", 0, 0, ""), pdu.QuerySMRespID, smpp.StatusInvBindState},
		{"unknown", request(0x00010200), pdu.GenericNACKID, smpp.StatusInvCmdID},
		{"truncated bind", request(pdu.BindTransceiverID, "bank"), pdu.BindTransceiverRespID, smpp.StatusInvCmdLen},
		{"unbind", request(pdu.UnbindID), pdu.UnbindRespID, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.frame.SetSeq(9)
			p.Send(tt.frame)
			if f := p.Next("response"); f.ID() != tt.id || f.Status() != tt.status || f.Seq() != 9 {
				t.Errorf("response = %x, want %08x status %#x seq 9", []byte(f), uint32(tt.id), uint32(tt.status))
			}
		})
	}
	p.WantEnd()
}

func TestGarbageLength(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	for _, octets := range []string{"0000000f" + "00000004" + "00000000" + "00000005", "ffffffff" + "00000004" + "00000000" + "00000005"} {
		p := testpeer.Dial(t, addr)
		b, _ := hex.DecodeString(octets)
		p.Send(b)
		p.Want(octets, smpp.AppendHeader(nil, pdu.GenericNACKID, smpp.StatusInvCmdLen, 5, 0))
		p.WantEnd()
	}
}

func TestRebindAndReceiver(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{Bind: Bind{ID: pdu.BindReceiverID}})
	if got := call(t, e, Bind{}.Append(nil, 0)).Status(); got != smpp.StatusAlreadyBound {
		t.Errorf("second bind: %#x, want %#x", uint32(got), uint32(smpp.StatusAlreadyBound))
	}
	if got := call(t, e, submit(text(receiver, "Hi"))).Status(); got != smpp.StatusInvBindState {
		t.Errorf("submit_sm of a receiver: %#x, want %#x", uint32(got), uint32(smpp.StatusInvBindState))
	}
}

func TestMagicReceivers(t *testing.T) {
	c, addr := startSMSC(t, Options{Keep: 100})
	e := openESME(t, addr, ESMEOptions{})
	for to, want := range map[string]pdu.Status{
		"447700900008": smpp.StatusSysErr, "447700900058": smpp.StatusThrottled, "447700900123": smpp.StatusOK,
	} {
		if got := call(t, e, submit(text(to, "Hi"))).Status(); got != want {
			t.Errorf("to %s: status %#x, want %#x", to, uint32(got), uint32(want))
		}
	}
	silent := make(chan smpp.Frame, 1)
	err := e.Submit(testpeer.Within(t), submit(text("447700909000", "Hi")), func(f smpp.Frame) { silent <- f })
	if err != nil {
		t.Fatal(err)
	}
	call(t, e, request(pdu.EnquireLinkID)) // answered in order: the message before it was not
	if len(silent) != 0 {
		t.Error("9000 was answered")
	}
	if _, err := e.Call(testpeer.Within(t), submit(text("447700909001", "Hi"))); !errors.Is(err, ErrOver) {
		t.Errorf("9001: %v, want %v", err, ErrOver)
	}
	if f := <-silent; f != nil {
		t.Errorf("9000: answered with %x at the end", []byte(f))
	}
	if got := c.Accepted(); got != 1 {
		t.Errorf("accepted %d messages, want 1", got)
	}
	_, addr = startSMSC(t, Options{PlainReceivers: true})
	if got := call(t, openESME(t, addr, ESMEOptions{}), submit(text("447700909001", "Hi"))).Status(); got != 0 {
		t.Errorf("plain receiver: %#x, want 0", uint32(got))
	}
}

func TestAnswerHook(t *testing.T) {
	_, addr := startSMSC(t, Options{Answer: func(account string, f smpp.Frame) ([]byte, bool) {
		if f.ID() != pdu.SubmitSMID || account != "bank" {
			return nil, false
		}
		return smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0x0444, f.Seq(), 0), true
	}})
	e := openESME(t, addr, ESMEOptions{})
	if got := call(t, e, submit(text(receiver, "Hi"))); got.Status() != 0x0444 || got.Len() != smpp.HeaderLen {
		t.Errorf("answer = %x, want status 444 without body", []byte(got))
	}
}

func TestRecorder(t *testing.T) {
	c := &Recorder{keep: 3}
	for seq := uint32(1); seq <= 5; seq++ {
		c.record(Record{Frame: smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, seq, 0)})
	}
	var got []uint32
	for _, r := range c.Received(pdu.EnquireLinkID) {
		got = append(got, r.Frame.Seq())
	}
	if len(got) != 3 || got[0] != 3 || got[2] != 5 {
		t.Errorf("kept %v, want [3 4 5]", got)
	}
	if got := c.Received(pdu.SubmitSMID); len(got) != 0 {
		t.Errorf("kept %d submit_sm, want none", len(got))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.WaitReceived(ctx, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitReceived = %v, want %v", err, context.Canceled)
	}
}

func TestDisconnect(t *testing.T) {
	c, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{})
	if err := c.WaitBound(testpeer.Within(t), "bank", 1); err != nil {
		t.Fatal(err)
	}
	if got := c.Disconnect("shop"); got != 0 {
		t.Errorf("disconnected %d sessions of another account", got)
	}
	if got := c.Disconnect("bank"); got != 1 {
		t.Errorf("disconnected %d sessions, want 1", got)
	}
	<-e.Done()
	if err := c.WaitBound(testpeer.Within(t), "", 0); err != nil {
		t.Fatal(err)
	}
}
