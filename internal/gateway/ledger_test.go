package gateway

import (
	"context"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// fakeLedger is a ledger of functions; those left out do nothing.
type fakeLedger struct {
	routes *sync.Map // account by message_id; nil: none
	routed func(message.Conversation, []byte) (string, bool)
	await  func(context.Context, message.Conversation, []byte) (string, bool)
	route  func(account string, p journal.Place, id []byte, w ledger.Waiter, token uint64)

	concat  func(*ledger.Sent, ledger.Concatenation) ledger.Concatenation
	assign  func(*ledger.Sent) error
	follow  func(*ledger.Sent) bool
	accept  func(*ledger.Sent, []byte, ledger.Waiter, uint64)
	cut     func(*ledger.Sent, ledger.Split, ledger.Waiter, uint64)
	partOf  func(account string, c message.Conversation, key []byte) (journal.SplitPart, bool)
	partIDs func(c message.Conversation, id, key []byte) [][]byte
	owner   func(account string, id []byte) *journal.IDOwner
	merge   func(journal.SplitPart, message.PartReceipt, func(*message.Merged, error))
	late    func(*ledger.Sent, []byte)
	refuse  func(*ledger.Sent)
	take    func(account string, c *message.Conversation, id []byte, always bool)
	receipt func(string, message.Conversation, []byte, message.State, message.Session)
}

func (l fakeLedger) Assign(s *ledger.Sent) error {
	if l.assign == nil {
		s.Number = 1
		return nil
	}
	return l.assign(s)
}

func (l fakeLedger) Concatenate(s *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation {
	if l.concat == nil {
		return wish
	}
	return l.concat(s, wish)
}

func (l fakeLedger) Follow(s *ledger.Sent) bool { return l.follow != nil && l.follow(s) }

func (l fakeLedger) AcceptSplit(s *ledger.Sent, c ledger.Split, w ledger.Waiter, token uint64) {
	if l.cut == nil {
		w.Logged(token)
		return
	}
	l.cut(s, c, w, token)
}

func (l fakeLedger) PartOf(account string, c message.Conversation, key []byte) (journal.SplitPart, bool) {
	if l.partOf == nil {
		return journal.SplitPart{}, false
	}
	return l.partOf(account, c, key)
}

func (l fakeLedger) PartIDs(c message.Conversation, id, key []byte) [][]byte {
	if l.partIDs == nil {
		return nil
	}
	return l.partIDs(c, id, key)
}

func (l fakeLedger) Owner(account string, id []byte) *journal.IDOwner {
	if l.owner == nil {
		return nil
	}
	return l.owner(account, id)
}

func (l fakeLedger) Merge(p journal.SplitPart, r message.PartReceipt, done func(*message.Merged, error)) {
	l.merge(p, r, done)
}

func (l fakeLedger) Accept(s *ledger.Sent, id []byte, w ledger.Waiter, token uint64) {
	if l.accept == nil {
		w.Logged(token)
		return
	}
	l.accept(s, id, w, token)
}

func (l fakeLedger) AcceptLate(s *ledger.Sent, id []byte) {
	if l.late != nil {
		l.late(s, id)
	}
}

func (l fakeLedger) Take(account string, c *message.Conversation, id []byte, always bool) {
	if l.take != nil {
		l.take(account, c, id, always)
	}
}

func (l fakeLedger) Refuse(s *ledger.Sent) {
	if l.refuse != nil {
		l.refuse(s)
	}
}

func (l fakeLedger) Receipt(account string, c message.Conversation, id []byte, state message.State, by message.Session) {
	if l.receipt != nil {
		l.receipt(account, c, id, state, by)
	}
}

func (l fakeLedger) Route(account string, p journal.Place, id []byte, w ledger.Waiter, token uint64) {
	if l.routes != nil {
		l.routes.Store(string(id), account)
	}
	if l.route != nil {
		l.route(account, p, id, w, token)
		return
	}
	w.Logged(token)
}

func (l fakeLedger) Routed(c message.Conversation, id []byte) (account string, ok bool) {
	if l.routed != nil {
		return l.routed(c, id)
	}
	if l.routes == nil {
		return "", false
	}
	v, ok := l.routes.Load(string(id))
	account, _ = v.(string)
	return account, ok
}

func (l fakeLedger) AwaitRoute(ctx context.Context, c message.Conversation, id []byte) (account string, ok bool) {
	if l.await != nil {
		return l.await(ctx, c, id)
	}
	return l.Routed(c, id)
}

// assigning returns a ledger that gives every message the number n.
func assigning(n uint16) fakeLedger {
	return fakeLedger{assign: func(s *ledger.Sent) error { s.Number = n; return nil }}
}

// submitSM is a submit_sm with a text and optional parameters.
func submitSM(dataCoding, esmClass byte, ud string, tlvs []byte) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number(receiver),
		DataCoding: dataCoding, ESMClass: esmClass, UserData: []byte(ud), TLVs: tlvs,
	}.Append(nil, pdu.SubmitSMID, 1)
}

// sarTLVs are the optional parameters of a part.
func sarTLVs(ref uint16, total, seq byte) []byte {
	tlvs := smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	tlvs = smpp.AppendTLV(tlvs, smpp.TagSarMsgRefNum, []byte{byte(ref >> 8), byte(ref)})
	tlvs = smpp.AppendTLV(tlvs, smpp.TagSarTotalSegments, []byte{total})
	return smpp.AppendTLV(tlvs, smpp.TagSarSegmentSeqnum, []byte{seq})
}

func payload(text string) []byte { return smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text)) }
