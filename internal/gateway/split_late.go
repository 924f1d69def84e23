package gateway

import (
	"bytes"

	"readback/smpp"
)

// A part of a message that the gateway split is answered late when the message is refused already, or
// certain to be. The part is taken back like those that were accepted in time. If the SMSC has
// accepted all parts by then and cancels none of them, the receiver gets the whole message after all.

// acceptedLate takes back one part that was accepted late.
func (m *splitMessage) acceptedLate(_ *link, f smpp.Frame, r *request) {
	id := bytes.Clone(smpp.MessageID(f))
	if m.noteLate(r.n, id) {
		m.cancelLate(id)
	}
}

// cancelLate takes back one part, after the others.
func (m *splitMessage) cancelLate(id []byte) {
	ids := [][]byte{id}
	m.disown(ids)
	m.cancel(ids)
}

// noteLate keeps the message_id of part n, which was accepted late. It reports whether the caller must
// take the part back, because the others have been.
func (m *splitMessage) noteLate(n int, id []byte) (alone bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids[n] = id
	return m.undone
}

// stays notes that an accepted part was not cancelled. When that is so of all parts, the message is
// recorded with the message_id of the first one.
func (m *splitMessage) stays(l *link) {
	if m.staysWhole() {
		l.recordLate(m.ids[0], m.id, &request{sent: m.sent})
	}
}

// staysWhole counts a part that stays, and reports whether all parts of a refused message do.
func (m *splitMessage) staysWhole() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stay++
	return m.stay == len(m.ids) && m.failed != smpp.StatusOK
}
