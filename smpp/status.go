package smpp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"
)

// Statuses by their names in SMPP 3.4 §5.1.3.
const (
	StatusOK            pdu.Status = 0x00 // ESME_ROK
	StatusInvMsgLen     pdu.Status = 0x01 // ESME_RINVMSGLEN
	StatusInvCmdLen     pdu.Status = 0x02 // ESME_RINVCMDLEN
	StatusInvCmdID      pdu.Status = 0x03 // ESME_RINVCMDID
	StatusInvBindState  pdu.Status = 0x04 // ESME_RINVBNDSTS
	StatusAlreadyBound  pdu.Status = 0x05 // ESME_RALYBND
	StatusSysErr        pdu.Status = 0x08 // ESME_RSYSERR
	StatusInvSrcAddr    pdu.Status = 0x0A // ESME_RINVSRCADR
	StatusBindFailed    pdu.Status = 0x0D // ESME_RBINDFAIL
	StatusCancelFailed  pdu.Status = 0x11 // ESME_RCANCELFAIL
	StatusReplaceFailed pdu.Status = 0x13 // ESME_RREPLACEFAIL
	StatusQueueFull     pdu.Status = 0x14 // ESME_RMSGQFUL
	StatusSubmitFailed  pdu.Status = 0x45 // ESME_RSUBMITFAIL
	StatusThrottled     pdu.Status = 0x58 // ESME_RTHROTTLED
	StatusTempApp       pdu.Status = 0x64 // ESME_RX_T_APPN
	StatusPermApp       pdu.Status = 0x65 // ESME_RX_P_APPN
	StatusRejectApp     pdu.Status = 0x66 // ESME_RX_R_APPN
	StatusQueryFailed   pdu.Status = 0x67 // ESME_RQUERYFAIL
)

// Temporary reports whether the same request may succeed later. An ESME refuses a message for
// good with ESME_RX_P_APPN or ESME_RX_R_APPN. After any other status another try makes sense.
func Temporary(s pdu.Status) bool { return s != StatusPermApp && s != StatusRejectApp }

// Throttled reports whether an SMSC says with s that it gets too much now: it has refused the request, and
// will take it a little later.
func Throttled(s pdu.Status) bool { return s == StatusThrottled || s == StatusQueueFull }

// Tag is the tag of an optional parameter (SMPP 3.4 §5.3.1).
type Tag = pdutlv.Tag

// TLV tags that go-smpp lacks or that the gateway looks at (SMPP 3.4 §5.3.2).
const (
	TagDestAddrSubunit           = pdutlv.TagDestAddrSubunit
	TagDestBearerType            = pdutlv.TagDestBearerType
	TagPayloadType               = pdutlv.TagPayloadType
	TagReceiptedMessageID        = pdutlv.TagReceiptedMessageID
	TagUserMessageReference      = pdutlv.TagUserMessageReference
	TagUserResponseCode          = pdutlv.TagUserResponseCode
	TagQosTimeToLive             = pdutlv.TagQosTimeToLive // of a data_sm, in seconds
	TagSourcePort                = pdutlv.TagSourcePort
	TagDestinationPort           = pdutlv.TagDestinationPort
	TagSarMsgRefNum              = pdutlv.TagSarMsgRefNum
	TagSarTotalSegments          = pdutlv.TagSarTotalSegments
	TagSarSegmentSeqnum          = pdutlv.TagSarSegmentSeqnum
	TagMessagePayload            = pdutlv.TagMessagePayload
	TagCongestionState           = pdutlv.Tag(0x0428) // SMPP 5.0 §4.8.4.18
	TagMessageState              = pdutlv.TagMessageStateOption
	TagNetworkErrorCode          = pdutlv.TagNetworkErrorCode
	TagUSSDServiceOp             = pdutlv.TagUssdServiceOp
	TagITSReplyType              = pdutlv.Tag(0x1380) // SMPP 3.4 §5.3.2.42
	TagITSSessionInfo            = pdutlv.Tag(0x1383) // SMPP 3.4 §5.3.2.43
	TagScInterfaceVersion        = pdutlv.Tag(0x0210) // SMPP 3.4 §5.3.2.25
	InterfaceVersion34      byte = 0x34               // from here on a peer understands TLVs (SMPP 3.4 §3.4)
)

// KnownStatus reports whether s is one that go-smpp has a text for.
func KnownStatus(s pdu.Status) bool { return !strings.HasPrefix(s.Error(), "unknown status") }

// Command names a command_id for logs and metrics, in the spelling of the standard. Unknown
// ones are "other".
func Command(id pdu.ID) string {
	if name, ok := commands[id]; ok {
		return name
	}
	return "other"
}

// CommandID returns the command_id with a name of Command. ok is false for another name.
func CommandID(name string) (id pdu.ID, ok bool) {
	for id, one := range commands {
		if one == name {
			return id, true
		}
	}
	return 0, false
}

// StatusName names a command_status for logs, as SMPP 3.4 §5.1.3 does; one that the standard does not name by its
// number and, where known, its text.
func StatusName(s pdu.Status) string {
	if name := Mnemonic(s); name != "" {
		return name
	}
	return fmt.Sprintf("%#02x %s", uint32(s), s.Error())
}

// NameStatus returns an error that names the status that err is, before its text, and wraps err. It returns other
// errors as they are.
func NameStatus(err error) error {
	if s, ok := errors.AsType[pdu.Status](err); ok && Mnemonic(s) != "" {
		return fmt.Errorf("%s: %w", Mnemonic(s), err)
	}
	return err
}

var commands = map[pdu.ID]string{
	pdu.GenericNACKID:         "generic_nack",
	pdu.BindReceiverID:        "bind_receiver",
	pdu.BindReceiverRespID:    "bind_receiver_resp",
	pdu.BindTransmitterID:     "bind_transmitter",
	pdu.BindTransmitterRespID: "bind_transmitter_resp",
	pdu.QuerySMID:             "query_sm",
	pdu.QuerySMRespID:         "query_sm_resp",
	pdu.SubmitSMID:            "submit_sm",
	pdu.SubmitSMRespID:        "submit_sm_resp",
	pdu.DeliverSMID:           "deliver_sm",
	pdu.DeliverSMRespID:       "deliver_sm_resp",
	pdu.UnbindID:              "unbind",
	pdu.UnbindRespID:          "unbind_resp",
	pdu.ReplaceSMID:           "replace_sm",
	pdu.ReplaceSMRespID:       "replace_sm_resp",
	pdu.CancelSMID:            "cancel_sm",
	pdu.CancelSMRespID:        "cancel_sm_resp",
	pdu.BindTransceiverID:     "bind_transceiver",
	pdu.BindTransceiverRespID: "bind_transceiver_resp",
	pdu.OutbindID:             "outbind",
	pdu.EnquireLinkID:         "enquire_link",
	pdu.EnquireLinkRespID:     "enquire_link_resp",
	pdu.SubmitMultiID:         "submit_multi",
	pdu.SubmitMultiRespID:     "submit_multi_resp",
	pdu.AlertNotificationID:   "alert_notification",
	pdu.DataSMID:              "data_sm",
	pdu.DataSMRespID:          "data_sm_resp",
	0x00000111:                "broadcast_sm", // SMPP 5.0 §4.4
	0x80000111:                "broadcast_sm_resp",
	0x00000112:                "query_broadcast_sm",
	0x80000112:                "query_broadcast_sm_resp",
	0x00000113:                "cancel_broadcast_sm",
	0x80000113:                "cancel_broadcast_sm_resp",
}
