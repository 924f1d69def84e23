package gateway

import (
	"context"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/deliver"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
)

// sentBy is a message, and the session that sent it.
type sentBy struct {
	number  uint16
	session message.Session
}

// senderSetup is a gateway that says which session takes feedback, and which one sent a message.
func senderSetup() (s setup, tellers chan message.Session, sent chan sentBy) {
	tellers, sent = make(chan message.Session, 10), make(chan sentBy, 10)
	return setup{
		ledger: splittingLedger().fakeLedger,
		deliver: func(ctx context.Context, _ string, session message.Session, _ message.Teller) error {
			tellers <- session
			<-ctx.Done()
			return nil
		},
		options: func(o *Options) {
			o.Sent = func(_ *message.Conversation, number uint16, session message.Session) { sent <- sentBy{number, session} }
		},
	}, tellers, sent
}

// Each message is noted with the session that sent it, also when it goes on in parts, if the account's
// feedback is for that session.
func TestSenderIsNoted(t *testing.T) {
	for _, tt := range []struct {
		name     string
		feedback deliver.Options
		want     bool
	}{
		{"sender", deliver.Options{}, true},
		{"any", deliver.Options{AnySession: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, tellers, sent := senderSetup()
			account := splitNoRoom
			account.Feedback = tt.feedback
			inBothModes(t, s, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
				var last message.Session
				for range 2 {
					esme, smsc := join()
					session := testpeer.Receive(t, "session that is told", tellers)
					if session == 0 || session == last {
						t.Errorf("got session %d behind %d, want another one", session, last)
					}
					last = session
					esme.Send(text(receiver, 2), long(3, 0))
					for range 4 {
						smsc.Next("submit_sm")
					}
					for range 2 {
						if !tt.want {
							break
						}
						if got := testpeer.Receive(t, "sender", sent); got.session != session || got.number == 0 {
							t.Errorf("noted: got %+v, want session %d", got, session)
						}
					}
					if len(sent) > 0 {
						t.Errorf("noted as well: %+v", <-sent)
					}
				}
			})
		})
	}
}

// Nobody is noted who cannot get the feedback.
func TestSenderThatGetsNoFeedback(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   pdu.ID
		form deliver.Form
	}{
		{"transmitter", pdu.BindTransmitterID, deliver.SMEAck},
		{"told elsewhere", pdu.BindTransceiverID, deliver.NoSession},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, sent := senderSetup()
			s.policy, s.feedback = numbering.Policy{When: numbering.All}, deliver.Options{Form: tt.form}
			esme, smsc := serve(t, s).bind(simulator.Bind{ID: tt.id})
			esme.Send(text(receiver, 2))
			if smsc.Next("submit_sm"); len(sent) > 0 {
				t.Errorf("noted: got %+v, want nobody", <-sent)
			}
		})
	}
}
