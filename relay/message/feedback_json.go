package message

import (
	"encoding/json"
	"slices"
	"strconv"
)

// plainFeedback and plainEvent are JSON as their tags say.
type (
	plainFeedback Feedback
	plainEvent    Event
)

// textsOf returns the texts of a feedback or an event that a peer chose.
func textsOf(account, sender, receiver *string, ids []string) []Text {
	all := append(make([]Text, 0, 3+len(ids)), Text{"account", account}, Text{"sender", sender}, Text{"receiver", receiver})
	for i := range ids {
		all = append(all, Text{"message_ids/" + strconv.Itoa(i), &ids[i]})
	}
	return all
}

// MarshalJSON shows texts that are not UTF-8 as Latin-1, and adds their octets.
func (fb Feedback) MarshalJSON() ([]byte, error) {
	if text, ok := fb.appendPlain(make([]byte, 0, 512)); ok {
		return text, nil
	}
	return fb.marshal()
}

// marshal is MarshalJSON for all feedback.
func (fb *Feedback) marshal() ([]byte, error) {
	w := struct {
		plainFeedback
		Octets `json:"octets,omitempty"`
	}{plainFeedback: plainFeedback(*fb)}
	w.MessageIDs = slices.Clone(fb.MessageIDs)
	w.Octets = Show(textsOf(&w.Account, &w.Sender, &w.Receiver, w.MessageIDs)...)
	return json.Marshal(w)
}

// UnmarshalJSON restores the octets of texts that are not UTF-8.
func (fb *Feedback) UnmarshalJSON(data []byte) error {
	if fb.parsePlain(data) {
		return nil
	}
	return fb.unmarshal(data)
}

// unmarshal is UnmarshalJSON for all JSON.
func (fb *Feedback) unmarshal(data []byte) error {
	var w struct {
		plainFeedback
		Octets `json:"octets"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	if len(w.Octets) > 0 {
		w.Octets.Restore(textsOf(&w.Account, &w.Sender, &w.Receiver, w.MessageIDs)...)
	}
	*fb = Feedback(w.plainFeedback)
	return nil
}

// MarshalJSON shows texts that are not UTF-8 as Latin-1, and adds their octets.
func (ev Event) MarshalJSON() ([]byte, error) {
	w := struct {
		plainEvent
		Octets `json:"octets,omitempty"`
	}{plainEvent: plainEvent(ev)}
	w.MessageIDs = slices.Clone(ev.MessageIDs)
	w.Octets = Show(textsOf(&w.Account, &w.Sender, &w.Receiver, w.MessageIDs)...)
	return json.Marshal(w)
}
