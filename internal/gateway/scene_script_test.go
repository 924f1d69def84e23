package gateway

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// octets is a script that several goroutines read.
type octets struct {
	mu   sync.Mutex
	left []byte
}

func (o *octets) next() (b byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.left) == 0 {
		return 0, false
	}
	b, o.left = o.left[0], o.left[1:]
	return b, true
}

func (o *octets) take(n int) (taken []byte) {
	for range n {
		if b, ok := o.next(); ok {
			taken = append(taken, b)
		}
	}
	return taken
}

func (o *octets) set(script []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = script
}

// request makes the next request of the ESME.
func (s *scene) request(op byte) smpp.Frame {
	m := simulator.ShortMessage{From: simulator.Number(s.sender), To: simulator.Number(receiver), RegisteredDelivery: op >> 3 & 0x1F}
	b := append(s.script.take(3), 0, 0, 0)
	id := pdu.SubmitSMID
	switch op % 8 {
	case 0: // a part told by sar_*
		m.UserData, m.TLVs = []byte("Hello"), sarTLVs(uint16(b[0]), b[1], b[2])
	case 1: // a part with a header, with more or less room
		m.ESMClass = smpp.ESMClassUDHI
		m.UserData = append([]byte{5, 0, 3, b[0], b[1], b[2]}, strings.Repeat("a", int(op)%154)...)
	case 2, 3: // a text from short to long, in one coding or another
		m.DataCoding = b[1] & 0x0F
		text := strings.Repeat(string([]byte{b[2], 'a'}), 40*int(b[0]%32))
		m.TLVs = smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text))
		if op%8 == 3 {
			id = pdu.DataSMID
		}
	case 4: // the same to several receivers
		return s.multi(int(b[0]%4), strings.Repeat("a", 20*int(b[1]%32)))
	case 5:
		return testpeer.Frame(pdu.CancelSMID, 0, 0, fmt.Sprintf("\x00%X\x00\x01\x01%s\x00\x01\x01%s\x00", b[0], s.sender, receiver))
	case 6:
		return testpeer.Frame(pdu.QuerySMID, 0, 0, fmt.Sprintf("%X\x00\x01\x01%s\x00", b[0], s.sender))
	case 7: // octets as they come
		return testpeer.Frame(pdu.SubmitSMID, 0, 0, string(s.script.take(int(b[0]))))
	}
	return m.Append(nil, id, 0)
}

// multi is a submit_multi (SMPP 3.4 §4.5.1).
func (s *scene) multi(receivers int, text string) smpp.Frame {
	body := []byte("\x00\x01\x01" + s.sender + "\x00")
	body = append(body, byte(receivers))
	for n := range receivers {
		body = append(body, fmt.Sprintf("\x01\x01\x0144770090012%d\x00", n)...)
	}
	body = append(body, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
	body = smpp.AppendTLV(body, smpp.TagMessagePayload, []byte(text))
	f := append(smpp.AppendHeader(nil, pdu.SubmitMultiID, 0, 0, len(body)), body...)
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}
