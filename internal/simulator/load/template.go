package load

import (
	"fmt"
	"strconv"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// receivers are the numbers that Load writes to: those kept for fiction, without
// the magic ones.
var receivers = func() (all []string) {
	const first, count = 447700900000, 1000
	for n := range count {
		addr := strconv.Itoa(first + n)
		if simulator.FaultOf([]byte(addr)) == simulator.NoFault {
			all = append(all, addr)
		}
	}
	return all
}()

// Conversation returns the sender and receiver of the conversation c of a load whose first sender is first.
func Conversation(first uint64, c int) (sender uint64, receiver string) {
	return first + uint64(c/len(receivers)), receivers[c%len(receivers)]
}

// ParseSender reads the first short code of a load.
func ParseSender(addr string) (uint64, error) {
	n, err := strconv.ParseUint(addr, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != addr || n == 0 {
		return 0, fmt.Errorf("%q: not a short code that can be counted on (hint: digits, such as 10690001)", addr)
	}
	return n, nil
}

// template is a submit_sm of which only digits change from message to message.
type template struct {
	opt              Options
	frame            smpp.Frame
	sender, receiver int // where their digits start
	serial           int // where its digits start, zero if there is none
}

const serialDigits = 8

// newTemplate lays the message out.
func newTemplate(opt Options) *template {
	text := []byte(opt.Text)
	if opt.Serial {
		text = append(text[:min(len(text), 160-serialDigits)], "00000000"...)
	}
	sender, receiver := Conversation(opt.Sender, 0)
	m := simulator.ShortMessage{
		From: simulator.Number(strconv.FormatUint(sender, 10)), To: simulator.Number(receiver),
		RegisteredDelivery: opt.RegisteredDelivery, DataCoding: opt.DataCoding, UserData: text,
	}
	t := &template{opt: opt, frame: m.Append(nil, pdu.SubmitSMID, 0)}
	t.sender = smpp.HeaderLen + 3 // service_type, source_addr_ton, source_addr_npi
	t.receiver = t.sender + len(m.From.Addr) + 3
	if opt.Serial {
		t.serial = len(t.frame) - serialDigits
	}
	return t
}

// append appends message n of the run.
func (t *template) append(dst []byte, seq uint32, n int) []byte {
	sender, receiver := Conversation(t.opt.Sender, t.opt.First+n%t.opt.Conversations)
	start := len(dst)
	dst = append(dst, t.frame...)
	f := smpp.Frame(dst[start:])
	f.SetSeq(seq)
	putDigits(f[t.sender:t.sender+senderDigits(t.opt.Sender)], sender)
	copy(f[t.receiver:], receiver)
	if t.serial > 0 {
		putDigits(f[t.serial:], uint64(n))
	}
	return dst
}

// putDigits fills b with the last digits of n.
func putDigits(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}

func senderDigits(n uint64) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}
