package index

import (
	"bytes"
	"slices"

	"readback/relay/journal"
	"readback/relay/message"
)

// Step is something that happened to a message that is sampled. It shares no memory with the batch.
type Step struct {
	Place  journal.Place
	Change message.Change // a state, which is StateSent for each part that the SMSC accepted, or ChangeReported
	First  bool           // no other part of the message was accepted before
	At     int64          // when it happened, ms; for StateSent when the part was submitted
	ID     string         // StateSent: the message_id of the part
	Seq    uint8          // StateSent: the part; 0: a message of its own
	Trail  message.Trail  // StateSent: that of the part
	Entry  Entry          // of the message, after the step
}

// step notes a step of the message at the place of the record at hand, if the message is sampled.
func (a *Applier) step(rec *journal.Record, e *Entry, c message.Change) {
	if a.Sampled == nil || !a.Sampled(&rec.Place) {
		return
	}
	a.result.Steps = append(a.result.Steps, Step{Place: rec.Place, Change: c, At: rec.At, Entry: e.clone()})
}

// accept notes the step of a part that the SMSC accepted. known says that another part was accepted before.
func (a *Applier) accept(rec *journal.Record, e *Entry, known bool) {
	if a.Sampled == nil || !a.Sampled(&rec.Place) {
		return
	}
	a.result.Steps = append(a.result.Steps, Step{
		Place: rec.Place, Change: message.Change(message.StateSent.String()), First: !known, At: rec.At,
		ID: string(rec.MessageID), Seq: rec.Part.Seq, Trail: rec.Trail, Entry: e.clone(),
	})
}

// clone returns a copy of e that shares no memory with it.
func (e *Entry) clone() Entry {
	c := *e
	c.Account, c.Way, c.Parts = bytes.Clone(e.Account), bytes.Clone(e.Way), slices.Clone(e.Parts)
	for i := range c.Parts {
		c.Parts[i].ID = bytes.Clone(c.Parts[i].ID)
	}
	return c
}
