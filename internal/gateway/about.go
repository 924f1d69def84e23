package gateway

import (
	"context"
	"log/slog"

	"readback/internal/numbering"
	"readback/relay/message"
	"readback/smpp"
)

// A line of the log about a message has what is known of it, in these attributes: sequence, command, sender, receiver,
// number and message_id. Account, session and remote are those of the link's logger.

// about returns what a line says of the message that a request is about.
func (r *request) about() []any {
	switch {
	case r == nil:
		return nil
	case r.sent != nil:
		return []any{"sender", r.sent.From.Written(), "receiver", r.sent.To.Written(), "number", r.sent.Number}
	case len(r.unnumbered) > 0:
		c := &r.unnumbered[0]
		return []any{"sender", message.Shown(string(c.Sender.Bytes())), "receiver", message.Shown(string(c.Receiver.Bytes()))}
	}
	return nil
}

// aboutPending returns what a line says of a request to the SMSC.
func aboutPending(to smscPending) []any {
	return append([]any{"command", smpp.Command(to.ID), "sequence", to.Seq}, to.Ref.about()...)
}

// logSkip logs a message that goes on without a number, and why.
func (s *submitter) logSkip(f smpp.Frame, skip numbering.Skip) {
	log := s.link.log.Load()
	if !log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	from, to, _ := addressesOf(f)
	log.Debug("unnumbered", "skip", skip.String(), "command", smpp.Command(f.ID()), "sequence", f.Seq(), "sender", written(from), "receiver", written(to))
}

// logUnnumbered logs the SMSC's answer to a message that went on without a number, which has its message_id.
func (l *link) logUnnumbered(f smpp.Frame, to smscPending) {
	log := l.log.Load()
	if to.Ref.sent != nil || to.Ref.group != nil || !isSubmit(to.ID) || !log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	log.Debug("unnumbered message answered", append(aboutPending(to), "status", smpp.StatusName(f.Status()), "message_id", messageIDText(f))...)
}

// messageIDText returns the message_id of a response; empty if it has none.
func messageIDText(f smpp.Frame) string { return message.Shown(string(smpp.MessageID(f))) }
