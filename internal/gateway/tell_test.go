package gateway

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"text/template"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// telling returns a DeliverFunc that hands the test what it would tell an ESME by.
func telling() (DeliverFunc, <-chan message.Teller) {
	tellers := make(chan message.Teller, 10)
	return func(ctx context.Context, _ string, _ message.Session, tell message.Teller) error {
		tellers <- tell
		<-ctx.Done()
		return nil
	}, tellers
}

// bankFeedback is that of testdata/pdu/feedback_sme_ack.txt.
func bankFeedback() *message.Feedback {
	reference := uint16(42)
	return &message.Feedback{
		Account: "bank", Sender: "10690001", SenderNPI: 1, Receiver: "8613800138000", ReceiverTON: 1, ReceiverNPI: 1,
		Number: 17, Reference: &reference, Status: message.StatusRead, MessageIDs: []string{"4A7F01"}, ReadAt: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC),
	}
}

// told tells an ESME and leaves the outcome in the channel.
func told(t *testing.T, tell message.Teller) <-chan error {
	t.Helper()
	ctx, outcome := testpeer.Within(t), make(chan error, 1)
	go func() { outcome <- tell(ctx, bankFeedback()) }()
	return outcome
}

// The ESME's answer decides whether feedback is done, tried again or given up.
// Each is a request of the gateway, which the SMSC sees nothing of.
func TestTell(t *testing.T) {
	deliverFeedback, tellers := telling()
	w := serve(t, setup{deliver: deliverFeedback})
	esme, smsc := w.bind(simulator.Bind{})
	tell := testpeer.Receive(t, "feedback of the session", tellers)
	tests := []struct {
		name      string
		answer    pdu.ID
		status    pdu.Status
		permanent bool
	}{
		{"taken", pdu.DeliverSMRespID, smpp.StatusOK, false},
		{"ESME_RX_T_APPN", pdu.DeliverSMRespID, smpp.StatusTempApp, false},
		{"ESME_RX_P_APPN", pdu.DeliverSMRespID, smpp.StatusPermApp, true},
		{"ESME_RX_R_APPN", pdu.DeliverSMRespID, smpp.StatusRejectApp, true},
		{"ESME_RMSGQFUL", pdu.DeliverSMRespID, smpp.StatusQueueFull, false},
		{"ESME_RTHROTTLED", pdu.DeliverSMRespID, smpp.StatusThrottled, false},
		{"ESME_RSYSERR", pdu.DeliverSMRespID, smpp.StatusSysErr, false},
		{"of a vendor", pdu.DeliverSMRespID, 0x0412, false},
		{"generic_nack", pdu.GenericNACKID, smpp.StatusInvCmdID, false},
	}
	want := smpp.Frame(golden.Bytes(t, "feedback_sme_ack.txt", "in"))
	for i, tt := range tests {
		outcome := told(t, tell)
		want.SetSeq(smpp.OwnSeq + uint32(i))
		esme.Want("feedback", want)
		esme.Send(testpeer.Frame(tt.answer, tt.status, want.Seq(), "\x00"))
		err := testpeer.Receive(t, tt.name, outcome)
		if (err == nil) != (tt.status == smpp.StatusOK) || message.IsPermanent(err) != tt.permanent {
			t.Errorf("%s: got %v, permanent %t; want permanent %t", tt.name, err, message.IsPermanent(err), tt.permanent)
		}
	}
	m := text(receiver, 2)
	esme.Send(m)
	smsc.Want("what comes next from the ESME", m)
}

// Feedback that is not answered is not lost: it is tried again elsewhere.
func TestTellNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deliverFeedback, tellers := telling()
		w := serve(t, setup{deliver: deliverFeedback, inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }})
		esme, smsc := w.bind(simulator.Bind{})
		tell := testpeer.Receive(t, "feedback of the session", tellers)
		check := func(name string, outcome <-chan error, unanswered bool) {
			t.Helper()
			if err := testpeer.Receive(t, name, outcome); err == nil || message.IsPermanent(err) || message.IsUnanswered(err) != unanswered {
				t.Errorf("%s: got %v, want a temporary error, unanswered %t", name, err, unanswered)
			}
		}
		outcome := told(t, tell)
		late := esme.Next("feedback")
		check("no answer", outcome, true)

		esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, late.Seq(), "\x00"), text(receiver, 2))
		smsc.Want("behind a late answer", text(receiver, 2))
		smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, smpp.StatusThrottled, 2, ""))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := tell(ctx, bankFeedback()); err == nil || message.IsPermanent(err) {
			t.Errorf("stopped: got %v, want a temporary error", err)
		}
		outcome = told(t, tell)
		_ = esme.Conn.Close()
		check("ESME leaves", outcome, false)
		smsc.Unbind()
		check("ESME is gone", told(t, tell), false)
	})
}

// The policy and the bind decide what the feedback has in it.
func TestTellForm(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version byte
		vendor  bool
		want    int // octets of TLVs
	}{{"3.3", 0x33, true, 0}, {"3.4", 0x34, false, 27}, {"3.4 with vendor TLVs", 0x34, true, 57}} {
		t.Run(tt.name, func(t *testing.T) {
			deliverFeedback, tellers := telling()
			w := serve(t, setup{deliver: deliverFeedback, feedback: deliver.Options{VendorTLVs: tt.vendor, Tags: deliver.VendorTags{Number: 0x1520, Read: 0x1521}}})
			esme, _ := w.bind(simulator.Bind{Version: tt.version})
			outcome := told(t, testpeer.Receive(t, "feedback of the session", tellers))
			f := esme.Next("feedback")
			m, err := smpp.ParseMessage(f)
			if err != nil {
				t.Fatalf("feedback cannot be read: %v", err)
			}
			tlvs := m.TLVs()
			if got := tlvs.Rest(); got != tt.want {
				t.Errorf("got %d octets of TLVs, want %d", got, tt.want)
			}
			esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
			if err := testpeer.Receive(t, "outcome", outcome); err != nil {
				t.Error(err)
			}
		})
	}
}

// An account that is told elsewhere is taken from by no session; a change of the
// policies reaches sessions that are bound.
func TestTellElsewhere(t *testing.T) {
	use := func(form deliver.Form) Policies {
		return Policies{Default: Account{Feedback: deliver.Options{Form: form}}}
	}
	began, ended := make(chan message.Teller), make(chan struct{})
	deliverFeedback := func(ctx context.Context, _ string, _ message.Session, tell message.Teller) error {
		began <- tell
		<-ctx.Done()
		ended <- struct{}{}
		return nil
	}
	w := serve(t, setup{deliver: deliverFeedback, options: func(o *Options) { o.Policies = use(deliver.NoSession) }})
	esme, smsc := w.bind(simulator.Bind{})
	m := text(receiver, 2)
	esme.Send(m)
	smsc.Want("a message of an account that is told elsewhere", m)
	select {
	case <-began:
		t.Error("feedback is taken, want none")
	default:
	}
	w.Use(use(deliver.UserAck))
	tell := testpeer.Receive(t, "feedback after a change", began)
	outcome := told(t, tell)
	f := esme.Next("feedback")
	if m, err := smpp.ParseMessage(f); err != nil || m.ESMClass() != smpp.ESMClassUserAck {
		t.Errorf("feedback: got % x, %v, want esm_class 10", []byte(f), err)
	}
	esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, f.Seq(), "\x00"))
	if err := testpeer.Receive(t, "outcome", outcome); err != nil {
		t.Error(err)
	}
	w.Use(use(deliver.Receipt)) // by SMPP as well: the delivery goes on
	w.Use(use(deliver.NoSession))
	testpeer.Receive(t, "end of the delivery", ended)
	if err := tell(testpeer.Within(t), bankFeedback()); err == nil || message.IsPermanent(err) {
		t.Errorf("told elsewhere: got %v, want a temporary error", err)
	}
	w.Use(use(deliver.SMEAck))
	testpeer.Receive(t, "feedback after another change", began)
	w.stop()
	testpeer.Receive(t, "end of the delivery", ended)
}

// Only who can be sent a deliver_sm takes feedback, and only once it is bound.
func TestWhoIsTold(t *testing.T) {
	told := make(chan string, 10)
	w := serve(t, setup{deliver: func(ctx context.Context, account string, _ message.Session, _ message.Teller) error {
		told <- account
		<-ctx.Done()
		return nil
	}})
	var ends []func()
	for name, id := range map[string]pdu.ID{
		"tx": pdu.BindTransmitterID, "rx": pdu.BindReceiverID, "trx": pdu.BindTransceiverID,
	} {
		esme, smsc := w.bind(simulator.Bind{ID: id, SystemID: name})
		ends = append(ends, func() { _ = esme.Conn.Close(); smsc.Unbind() })
	}
	accounts := []string{testpeer.Receive(t, "first session that is told", told), testpeer.Receive(t, "second session that is told", told)}
	for _, end := range ends {
		end()
	}
	refused := w.connect()
	refused.Send(simulator.Bind{SystemID: "refused"}.Append(nil, 1))
	smsc := w.accept()
	smsc.Next("bind")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0x0E, 1, ""))
	refused.Next("bind_resp")
	w.stop()
	refused.WantEnd()
	smsc.WantEnd()
	w.awaitEnd()
	for len(told) > 0 {
		accounts = append(accounts, <-told)
	}
	if slices.Sort(accounts); !slices.Equal(accounts, []string{"rx", "trx"}) {
		t.Errorf("told %v, want rx and trx once each", accounts)
	}
}

// What waits for an ESME does not overtake the answer to its bind, not even while
// the ESME keeps its session busy.
func TestFeedbackBehindBind(t *testing.T) {
	w := serve(t, setup{deliver: func(ctx context.Context, _ string, _ message.Session, tell message.Teller) error {
		return tell(ctx, bankFeedback())
	}})
	busy := bytes.Repeat(testpeer.Frame(pdu.EnquireLinkID, 0, 9, ""), 1000)
	for range 30 {
		esme := w.connect()
		esme.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1), busy)
		smsc := w.accept()
		smsc.Next("bind")
		smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "SMSC\x00"))
		for _, want := range []pdu.ID{pdu.BindTransceiverRespID, pdu.DeliverSMID} {
			f := esme.Next("PDU")
			for f.ID() == pdu.EnquireLinkRespID {
				f = esme.Next("PDU")
			}
			if f.ID() != want {
				t.Fatalf("got %s, want %s first", smpp.Command(f.ID()), smpp.Command(want))
			}
		}
		_, _ = esme.Conn.Close(), smsc.Conn.Close()
	}
}

// Feedback that cannot be written is given up: it would never be otherwise.
func TestTellUnwritable(t *testing.T) {
	broken := template.Must(deliver.ParseTemplate("{{.Nothing}}"))
	l, _ := offline(t, fakeLedger{}, Account{Feedback: deliver.Options{Form: deliver.MO, Template: broken}}, &fakeUpstream{})
	err := feedbackToESME{l}.send(t.Context(), bankFeedback())
	if !message.IsPermanent(err) {
		t.Errorf("tell: got %v, want a permanent error", err)
	}
}
