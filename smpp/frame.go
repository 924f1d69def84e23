// Package smpp implements the SMPP wire format and one session of it: frames as views of the
// octets that arrived, the reader that delimits them, a view of the messages, and the session
// with its states, window and timers. It interprets no more of a PDU than a relay needs, so
// that forwarded PDUs leave as they came.
package smpp

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

const (
	// HeaderLen is the length of a PDU header in octets (SMPP 3.4 §3.2).
	HeaderLen = pdu.HeaderLen
	// MaxFrameLen is the longest PDU that is framed, in octets: a message_payload
	// of 64 KiB and 1 KiB for everything around it.
	MaxFrameLen = 64<<10 + 1<<10
	// MaxSeq is the highest sequence_number that a requester may use (SMPP 3.4 §5.1.4).
	MaxSeq = 0x7FFFFFFF
	// OwnSeq is the first sequence_number of the requests that a session makes itself. They go up to
	// MaxSeq. ESMEs count from 1, and hardly ever get there.
	OwnSeq = 0x40000000
)

// Frame is one PDU as the octets that arrived, header included. It is a view: code that keeps
// a frame longer than its source allows must copy it.
type Frame []byte

// Len is the length of the PDU in octets, its command_length.
func (f Frame) Len() int { return len(f) }

// ID is the command_id (SMPP 3.4 §5.1.2).
func (f Frame) ID() pdu.ID { return pdu.ID(binary.BigEndian.Uint32(f[4:])) }

// Status is the command_status: zero in requests (SMPP 3.4 §5.1.3).
func (f Frame) Status() pdu.Status { return pdu.Status(binary.BigEndian.Uint32(f[8:])) }

// Seq is the sequence_number (SMPP 3.4 §5.1.4).
func (f Frame) Seq() uint32 { return binary.BigEndian.Uint32(f[12:]) }

// SetSeq overwrites the sequence_number in place.
func (f Frame) SetSeq(seq uint32) { binary.BigEndian.PutUint32(f[12:], seq) }

// Body returns the octets behind the header.
func (f Frame) Body() []byte { return f[HeaderLen:] }

// IsResponse reports whether the frame is a response, generic_nack included.
func (f Frame) IsResponse() bool { return IsResponse(f.ID()) }

// IsResponse reports whether id has the response bit set (SMPP 3.4 §5.1.2).
func IsResponse(id pdu.ID) bool { return id&responseBit != 0 }

// ResponseID is the command_id that answers the request id.
func ResponseID(id pdu.ID) pdu.ID { return id | responseBit }

// RequestID is the command_id of the requests that a response with the command_id resp answers.
func RequestID(resp pdu.ID) pdu.ID { return resp &^ responseBit }

const responseBit pdu.ID = 0x80000000

// AppendHeader appends the header of a PDU whose body is bodyLen octets long.
func AppendHeader(dst []byte, id pdu.ID, status pdu.Status, seq uint32, bodyLen int) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(HeaderLen+bodyLen))
	dst = binary.BigEndian.AppendUint32(dst, uint32(id))
	dst = binary.BigEndian.AppendUint32(dst, uint32(status))
	return binary.BigEndian.AppendUint32(dst, seq)
}

// AppendRefusal appends the response that refuses the request id with status. Three responses
// get the shortest body that their definition allows, since common stacks cannot read them
// without a body. All others are a header only (SMPP 3.4 §4.4.2).
func AppendRefusal(dst []byte, id pdu.ID, status pdu.Status, seq uint32) []byte {
	body := refusalBodies[id]
	return append(AppendHeader(dst, ResponseID(id), status, seq, len(body)), body...)
}

// AppendDelivered appends the response to a deliver_sm or data_sm that the caller consumes
// instead of forwarding it. The response has an empty message_id (SMPP 3.4 §4.6.2, §4.7.2).
func AppendDelivered(dst []byte, id pdu.ID, status pdu.Status, seq uint32) []byte {
	return append(AppendHeader(dst, ResponseID(id), status, seq, 1), 0)
}

// MessageID returns the message_id of f, a response to a submit_sm, data_sm or submit_multi. It is
// part of the frame, and empty if f has none (SMPP 3.4 §4.4.2).
func MessageID(f Frame) []byte {
	id, _, _ := bytes.Cut(f.Body(), []byte{0})
	return id
}

var refusalBodies = map[pdu.ID]string{
	pdu.DataSMID:      "\x00",             // message_id (SMPP 3.4 §4.7.2)
	pdu.QuerySMID:     "\x00\x00\x00\x00", // message_id, final_date, message_state, error_code (§4.8.2)
	pdu.SubmitMultiID: "\x00\x00",         // message_id, no_unsuccess (§4.5.2)
}

// FrameError says why a stream can no longer be divided into PDUs. The session answers the
// stream with a generic_nack that has its Status and Seq, and ends.
type FrameError struct {
	Length uint32     // the command_length that the peer claimed
	Status pdu.Status // always StatusInvCmdLen
	Seq    uint32     // of the offending header, zero if that had not arrived
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("command_length %d is outside %d…%d", e.Length, HeaderLen, MaxFrameLen)
}
