package reads

import (
	"time"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/message"
)

// query is a read response whose fields are valid.
type query struct {
	receiver message.Addr
	sender   message.Addr   // as written; zero: not said
	forms    []message.Addr // that the sender may have, if there are several
	dialled  message.Addr   // the sender, where it is a phone number that is written otherwise; zero: it is not
	number   uint16
	status   uint8
	readAt   int64
	said     int64 // read_at as it was said; 0: not
	id       uint64
	now      time.Time
	way      string         // the way in
	by       *access.Caller // must see the message; nil: sees all
}

// check decides what can be decided without the ledger.
func (rs *Service) check(rd *Read, now time.Time) (query, message.Verdict) {
	q := query{number: rd.Number, status: rd.Status, id: hashID(rd.ID), now: now, way: rd.Way, by: &rd.By}
	if v := message.RateLimited(rd.By.Take(now)); v.IsDecided() {
		return q, v
	}
	var err error
	if q.receiver, err = message.NormalAddr(rd.Receiver); err != nil {
		return q, message.Malformed("receiver", err.Error())
	}
	if rd.Sender != "" {
		if err = q.setSender(rd.Sender); err != nil {
			return q, message.Malformed("sender", err.Error())
		}
	}
	if v := checkFields(rd, now); v.IsDecided() {
		return q, v
	}
	if v := mayRead(rd, &q.receiver); v.IsDecided() {
		return q, v
	}
	if v := message.RateLimited(rs.wait(rd, &q.receiver, now)); v.IsDecided() {
		return q, v
	}
	q.readAt = now.UnixMilli()
	if !rd.ReadAt.IsZero() {
		q.said = rd.ReadAt.UnixMilli()
		q.readAt = min(q.readAt, q.said)
	}
	if !rs.ledger.IsUp() {
		return q, message.LedgerDown()
	}
	return q, message.Verdict{}
}

// wait returns how long a caller has to wait, because of its guesses or because there are too many read
// responses for the receiver. Those with proofs count for the receiver when the proof is right: nobody
// else may use up its rate.
func (rs *Service) wait(rd *Read, receiver *message.Addr, now time.Time) time.Duration {
	if rd.By.NeedsProof {
		return rs.guesses.Wait(rd.By.Source, now)
	}
	return rs.rates.Take(receiver, rd.By.IsAnonymous(), now)
}

// setSender sets the sender: as it is written, which is in several forms beyond ASCII, and as the phone
// number that is written so.
func (q *query) setSender(s string) (err error) {
	q.sender, q.dialled, err = message.ParseSender(s)
	if message.IsASCII(s) {
		return err
	}
	if forms, e := message.AddrForms(s); e == nil {
		q.sender, q.forms, err = forms[0], forms, nil
	}
	return err
}

// senders returns all that the sender may stand for.
func (q *query) senders() []message.Addr {
	all := append([]message.Addr{q.sender}, q.forms...)
	if !q.dialled.IsZero() {
		all = append(all, q.dialled)
	}
	return all
}

func checkFields(rd *Read, now time.Time) message.Verdict {
	switch {
	case rd.Status > message.StatusDeletedUnread:
		return message.Malformed("status", "is not 0, 1 or 2")
	case rd.ReadAt.Sub(now) > clockSlack:
		return message.Malformed("read_at", "is in the future")
	case len(rd.ID) > MaxID:
		return message.Malformed("id", "is over 256 octets")
	}
	return message.Verdict{}
}

// mayRead returns the verdict if the caller must not send this read response for the receiver.
func mayRead(rd *Read, receiver *message.Addr) message.Verdict {
	c := &rd.By
	switch {
	case !c.May(access.ScopeReport):
		return NoScope(access.ScopeReport)
	case c.HasAccounts() && rd.Sender == "":
		return message.Malformed("sender", "is missing: the caller may report reads of some accounts only")
	case !c.SpeaksFor(receiver):
		return message.Verdict{Kind: message.VerdictForbidden, Field: "receiver", Reason: "is not the caller's"}
	case c.NeedsProof && rd.Proof == "":
		return Unproven(c, "proof", "is missing")
	case c.NeedsProof && rd.Sender == "":
		return message.Malformed("sender", "is missing: the proof is that of one conversation")
	}
	return message.Verdict{}
}

// verify returns the verdict if a read response must not be about f.
func (rs *Service) verify(rd *Read, q *query, f *index.Found) message.Verdict {
	content := said{sender: f.Place.Conv.Sender, number: q.number, status: q.status, readAt: q.said}
	wrong := (rd.By.NeedsProof || rs.opt.Proofs.On() && rd.Proof != "") && !rs.isProof(f, rd.Proof)
	if rd.By.NeedsProof {
		if wrong {
			rs.guesses.Wrong(rd.By.Source, q.now)
			return wrongProof()
		}
		if v := message.RateLimited(rs.proven.Take(&q.receiver, true, q.now)); v.IsDecided() {
			return v
		}
	}
	switch {
	case q.now.After(f.LastsUntil(rs.opt.Keep)):
		return message.Verdict{Kind: message.VerdictTooOld, Reason: "message is too old"}
	case wrong:
		return wrongProof()
	case !rs.replays.claim(replayKey{q.receiver, q.id}, content, q.now):
		return message.Verdict{Kind: message.VerdictForbidden, Field: "id", Reason: "stood for another read response"}
	}
	return message.Verdict{}
}

// Unproven is the verdict on a caller that needs a proof and shows none. If the caller presented
// a token that has expired, the verdict says so: with 403 the caller would give up.
func Unproven(by *access.Caller, field, reason string) message.Verdict {
	if by.Refused != nil {
		return message.Unauthenticated(by.Refused)
	}
	return message.Verdict{Kind: message.VerdictForbidden, Field: field, Reason: reason}
}

// NoScope is the verdict on a caller whose key or certificate is not for what it asks for.
func NoScope(scope access.Scope) message.Verdict {
	return message.Verdict{Kind: message.VerdictForbidden, Reason: "needs the scope " + scope.String()}
}

func wrongProof() message.Verdict {
	return message.Verdict{Kind: message.VerdictForbidden, Field: "proof", Reason: "is not that of the message"}
}

// hide returns the verdict that the caller is told. A caller that must show a proof learns only that
// its proof is wrong: with "no such message" it could find out who gets messages from whom.
func (rs *Service) hide(rd *Read, v message.Verdict) (told message.Verdict, note string) {
	if rd.By.NeedsProof && (v.Kind == message.VerdictNotFound || v.Kind == message.VerdictTooOld) {
		return wrongProof(), " (" + v.Reason + ")"
	}
	return v, ""
}

// isProof reports whether tag is the proof of the message.
func (rs *Service) isProof(f *index.Found, tag string) bool {
	return rs.opt.Proofs.Check(&f.Place.Conv, f.Place.Number, message.Time(f.Entry.At), tag)
}
