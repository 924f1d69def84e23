package smpp

import (
	"bytes"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// The numbers of this file are those of the standard, written down once more.

func TestStandardStatuses(t *testing.T) { // SMPP 3.4 §5.1.3
	for want, got := range map[uint32]pdu.Status{
		0x00: StatusOK, 0x01: StatusInvMsgLen, 0x02: StatusInvCmdLen, 0x03: StatusInvCmdID, 0x04: StatusInvBindState,
		0x05: StatusAlreadyBound, 0x08: StatusSysErr, 0x0A: StatusInvSrcAddr, 0x0D: StatusBindFailed,
		0x11: StatusCancelFailed, 0x13: StatusReplaceFailed, 0x14: StatusQueueFull, 0x45: StatusSubmitFailed,
		0x58: StatusThrottled, 0x64: StatusTempApp, 0x65: StatusPermApp, 0x66: StatusRejectApp, 0x67: StatusQueryFailed,
	} {
		if uint32(got) != want {
			t.Errorf("got %#02x, want %#02x", uint32(got), want)
		}
		if !KnownStatus(got) {
			t.Errorf("%#02x has no text", want)
		}
		if temporary := want != 0x65 && want != 0x66; Temporary(got) != temporary {
			t.Errorf("%#02x: got temporary %v, want %v", want, Temporary(got), temporary)
		}
	}
	for _, s := range []pdu.Status{0x400, 0x4FF, 0x09, 0xFFFFFFFF} {
		if KnownStatus(s) {
			t.Errorf("%#x has a text: %v", uint32(s), s)
		}
	}
}

func TestStandardTags(t *testing.T) { // SMPP 3.4 §5.3.2, SMPP 5.0 §4.8.4.18
	for want, got := range map[uint16]Tag{
		0x0017: TagQosTimeToLive,
		0x001E: TagReceiptedMessageID, 0x0204: TagUserMessageReference, 0x0205: TagUserResponseCode,
		0x020A: TagSourcePort, 0x020B: TagDestinationPort, 0x020C: TagSarMsgRefNum, 0x020E: TagSarTotalSegments,
		0x020F: TagSarSegmentSeqnum, 0x0210: TagScInterfaceVersion, 0x0423: TagNetworkErrorCode, 0x0424: TagMessagePayload,
		0x0427: TagMessageState, 0x0428: TagCongestionState,
	} {
		if uint16(got) != want {
			t.Errorf("got %#04x, want %#04x", uint16(got), want)
		}
	}
}

func TestStandardCommands(t *testing.T) { // SMPP 3.4 §5.1.2.1, SMPP 5.0 §4.7.5
	for id, want := range map[uint32]string{
		0x80000000: "generic_nack", 0x00000001: "bind_receiver", 0x00000002: "bind_transmitter", 0x00000003: "query_sm",
		0x00000004: "submit_sm", 0x00000005: "deliver_sm", 0x00000006: "unbind", 0x00000007: "replace_sm",
		0x00000008: "cancel_sm", 0x00000009: "bind_transceiver", 0x0000000B: "outbind", 0x00000015: "enquire_link",
		0x00000021: "submit_multi", 0x00000102: "alert_notification", 0x00000103: "data_sm", 0x00000111: "broadcast_sm",
		0x00000112: "query_broadcast_sm", 0x00000113: "cancel_broadcast_sm", 0x80000111: "broadcast_sm_resp",
		0x80000004: "submit_sm_resp", 0x80000005: "deliver_sm_resp", 0x80000015: "enquire_link_resp",
		0x8000000B: "other", 0x80000102: "other", 0x0000000A: "other", // outbind and alert_notification have no response
	} {
		if got := Command(pdu.ID(id)); got != want {
			t.Errorf("%#08x: got %q, want %q", id, got, want)
		}
		if got, want := IsResponse(pdu.ID(id)), id >= 0x80000000; got != want {
			t.Errorf("%#08x: got response %v, want %v", id, got, want)
		}
	}
}

func TestStandardBits(t *testing.T) { // SMPP 3.4 §5.2.12, §5.2.17, §5.2.21, §5.1.4
	for _, tt := range []struct {
		name      string
		got, want int
	}{
		{"message type", ESMClassType, 0b0011_1100},
		{"delivery receipt", ESMClassReceipt, 0b0000_0100},
		{"delivery acknowledgement", ESMClassDeliveryAck, 0b0000_1000},
		{"user acknowledgement", ESMClassUserAck, 0b0001_0000},
		{"intermediate notification", ESMClassIntermediate, 0b0010_0000},
		{"UDHI", ESMClassUDHI, 0b0100_0000},
		{"acknowledgements", RegisteredAckMask, 0b0000_1100},
		{"delivery acknowledgement requested", RegisteredReadAck, 0b0000_0100},
		{"receipt", RegisteredReceipt, 0b0000_0011},
		{"any outcome", RegisteredAnyOutcome, 0b0000_0001},
		{"short_message", MaxShortMessage, 254},
		{"sequence_number", MaxSeq, 1<<31 - 1},
		{"interface_version", int(InterfaceVersion34), 0x34},
		{"header", HeaderLen, 16},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %#x, want %#x", tt.name, tt.got, tt.want)
		}
	}
}

// The response to what the caller takes itself has an empty message_id (SMPP 3.4 §4.6.2, §4.7.2).
func TestAppendDelivered(t *testing.T) {
	for _, tt := range []struct {
		id     pdu.ID
		status pdu.Status
		want   string
	}{
		{pdu.DeliverSMID, StatusOK, "00000011 80000005 00000000 00000007 00"},
		{pdu.DataSMID, StatusTempApp, "00000011 80000103 00000064 00000007 00"},
	} {
		want := append([]byte("dst"), octets(t, tt.want)...)
		if got := AppendDelivered([]byte("dst"), tt.id, tt.status, 7); !bytes.Equal(got, want) {
			t.Errorf("%s: got % x, want % x", Command(tt.id), got, want)
		}
	}
}

// Without a write time-out, a session gives a peer half a minute to read.
func TestDefaultWriteTimeout(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{
		0: 30 * time.Second, -1: 30 * time.Second, 1: 1, time.Minute: time.Minute,
	} {
		if got := NewSession[any](nil, Options{WriteTimeout: set}).out.timeout; got != want {
			t.Errorf("%v: got %v, want %v", set, got, want)
		}
	}
}
