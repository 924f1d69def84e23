package readresponse

import (
	"bytes"
	"log/slog"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"readback/smpp"
	"readback/udh"
)

// Screen finds the read responses in what ESMEs send, apart from those that ESMEs.Take has taken. An SMSC may
// deliver such a message to another ESME as if a subscriber had sent it.
type Screen struct {
	opt      ScreenOptions
	refused  prometheus.Counter
	stripped prometheus.Counter
	lines    rate.Sometimes
}

// ScreenOptions are the options of a Screen.
type ScreenOptions struct {
	IEI        uint8      // identifier of the element of a read response
	Strip      bool       // the element is removed from a message where it can be; otherwise the message is refused
	Alphabet   udh.Coding // that data_coding 0 means
	Packed     bool       // GSM 7-bit text is packed
	Registerer prometheus.Registerer
}

// screenLogs is the time between two log lines about messages with a read response.
const screenLogs = time.Second

// NewScreen returns a Screen.
func NewScreen(opt ScreenOptions) *Screen {
	c := newScreened(opt.Registerer)
	return &Screen{
		opt: opt, refused: c.WithLabelValues("refused"), stripped: c.WithLabelValues("stripped"),
		lines: rate.Sometimes{First: 1, Interval: screenLogs},
	}
}

// Check returns the frame to send in place of f, a request of an ESME's: f itself if it has no read response.
// ok is false if f is to be refused. A nil Screen returns f.
func (s *Screen) Check(log *slog.Logger, f smpp.Frame) (out smpp.Frame, ok bool) {
	if s == nil || !s.mayNeed(f) || !s.has(f) {
		return f, true
	}
	outcome, counter := "refused", s.refused
	if s.opt.Strip {
		if out, ok = s.without(f); ok {
			outcome, counter = "stripped", s.stripped
		}
	}
	counter.Inc()
	s.lines.Do(func() {
		m, _ := smpp.ParseLenient(f) // what cannot be read is missing
		log.Warn("an ESME's message is the read response of a subscriber", "outcome", outcome, "command", smpp.Command(f.ID()), "sequence", f.Seq(), "sender", string(m.From.Addr), "receiver", string(m.To.Addr))
	})
	return out, ok
}

// mayNeed reports whether f has an octet that each read response has: the identifier of the element, or the colon
// of a word. Most messages need not be looked at further.
func (s *Screen) mayNeed(f smpp.Frame) bool {
	return bytes.IndexByte(f.Body(), s.opt.IEI) >= 0 || bytes.IndexByte(f.Body(), ':') >= 0 || s.opt.Packed
}

// has reports whether f is a request whose text an SMSC could deliver as a read response.
func (s *Screen) has(f smpp.Frame) bool {
	switch f.ID() {
	case pdu.SubmitSMID, pdu.DataSMID, pdu.SubmitMultiID, pdu.DeliverSMID:
		m, err := smpp.ParseMessage(f)
		if err != nil || m.HasStrayOctets() {
			return s.mayHave(f)
		}
		// A message that replaces another one may get the esm_class of that.
		hasHeader := m.HasUDH() || m.ReplaceIfPresent() != 0
		return hasHeader && udh.HasRead(m.UserData(), s.opt.IEI) || s.hasWords(m)
	case pdu.ReplaceSMID: // the text gets the esm_class of the message
		r, err := smpp.ParseReplace(f)
		if err != nil || r.HasPayload() {
			return s.mayHave(f)
		}
		return udh.HasRead(r.UserData(), s.opt.IEI)
	}
	return false
}

// hasWords reports whether m is an acknowledgement with the words of a read response. To an ESME it looks like
// the gateway's own feedback, also behind a header, and whatever its length.
func (s *Screen) hasWords(m smpp.Message) bool {
	if t := m.ESMClass() & smpp.ESMClassType; t != smpp.ESMClassDeliveryAck && t != smpp.ESMClassUserAck {
		return false
	}
	text, headerLen := m.UserData(), 0
	if m.HasUDH() && len(text) > 0 {
		headerLen = min(1+int(text[0]), len(text))
		text = text[headerLen:]
	}
	coding := udh.CodingOf(m.DataCoding(), s.opt.Alphabet)
	if s.opt.Packed && coding == udh.GSM7 {
		text, _ = udh.Unpack(nil, text, headerLen)
	}
	return strings.Contains(udh.Decode(text, coding), "number:")
}

// mayHave reports whether a malformed request has the octets of a read response anywhere: it is not known
// where an SMSC looks for its text.
func (s *Screen) mayHave(f smpp.Frame) bool {
	for _, n := range []byte{readLen, readLen + udh.ProofLen} {
		if bytes.Contains(f.Body(), []byte{s.opt.IEI, n}) {
			return true
		}
	}
	return false
}

// readLen is the length of a read response without a proof: number and status.
const readLen = udh.NumberLen + 1

// without returns a copy of a message without its read responses. ok is false for what cannot be changed
// without knowing how the SMSC reads it.
func (s *Screen) without(f smpp.Frame) (out smpp.Frame, ok bool) {
	if f.ID() == pdu.ReplaceSMID {
		return nil, false
	}
	m, err := smpp.ParseMessage(f)
	if err != nil || m.HasStrayOctets() || !m.HasUDH() || s.hasWords(m) {
		return nil, false
	}
	ud, esmClass := m.UserData(), m.ESMClass()
	text := ud[1+int(ud[0]):]
	header := udh.AppendWithoutReads(nil, ud, s.opt.IEI)
	if len(header) == 0 {
		esmClass &^= smpp.ESMClassUDHI
	}
	changed := append(bytes.Clone(header), text...)
	if s.opt.Packed && udh.CodingOf(m.DataCoding(), s.opt.Alphabet) == udh.GSM7 {
		if changed, ok = repack(header, text, len(ud)-len(text)); !ok {
			return nil, false
		}
	}
	return m.AppendUserData(nil, changed, esmClass, m.RegisteredDelivery())
}

// repack appends packed text to a header. The text stood behind another one, of headerLen octets.
func repack(header, text []byte, headerLen int) (ud []byte, ok bool) {
	septets, ok := udh.Unpack(nil, text, headerLen)
	if !ok {
		return nil, false
	}
	return udh.Pack(header, septets, len(header))
}
