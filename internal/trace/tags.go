package trace

import (
	"fmt"

	"readback/smpp"
)

// show is how the value of an optional parameter is shown.
type show byte

const (
	asOctets show = iota // in hexadecimal
	asText               // up to a NUL
	asNumber             // big-endian
	asState              // message_state
)

// tag is what is known of an optional parameter.
type tag struct {
	name string
	show show
	open bool // its value says nothing of a subscriber
}

// tags are the optional parameters of SMPP 3.4 (§5.3.2), and those of SMPP 5.0 (§4.8.4) that are in use. The others are
// shown by their number.
var tags = map[smpp.Tag]tag{
	0x0005: {"dest_addr_subunit", asNumber, true},
	0x0006: {"dest_network_type", asNumber, true},
	0x0007: {"dest_bearer_type", asNumber, true},
	0x0008: {"dest_telematics_id", asNumber, true},
	0x000D: {"source_addr_subunit", asNumber, true},
	0x000E: {"source_network_type", asNumber, true},
	0x000F: {"source_bearer_type", asNumber, true},
	0x0010: {"source_telematics_id", asNumber, true},
	0x0017: {"qos_time_to_live", asNumber, true},
	0x0019: {"payload_type", asNumber, true},
	0x001D: {"additional_status_info_text", asText, false},
	0x001E: {"receipted_message_id", asText, true},
	0x0030: {"ms_msg_wait_facilities", asOctets, true},
	0x0201: {"privacy_indicator", asNumber, true},
	0x0202: {"source_subaddress", asOctets, false},
	0x0203: {"dest_subaddress", asOctets, false},
	0x0204: {"user_message_reference", asNumber, true},
	0x0205: {"user_response_code", asNumber, true},
	0x020A: {"source_port", asNumber, true},
	0x020B: {"destination_port", asNumber, true},
	0x020C: {"sar_msg_ref_num", asNumber, true},
	0x020D: {"language_indicator", asNumber, true},
	0x020E: {"sar_total_segments", asNumber, true},
	0x020F: {"sar_segment_seqnum", asNumber, true},
	0x0210: {"sc_interface_version", asOctets, true},
	0x0302: {"callback_num_pres_ind", asNumber, true},
	0x0303: {"callback_num_atag", asOctets, false},
	0x0304: {"number_of_messages", asNumber, true},
	0x0381: {"callback_num", asOctets, false},
	0x0420: {"dpf_result", asNumber, true},
	0x0421: {"set_dpf", asNumber, true},
	0x0422: {"ms_availability_status", asNumber, true},
	0x0423: {"network_error_code", asOctets, true},
	0x0424: {"message_payload", asOctets, false},
	0x0425: {"delivery_failure_reason", asNumber, true},
	0x0426: {"more_messages_to_send", asNumber, true},
	0x0427: {"message_state", asState, true},
	0x0428: {"congestion_state", asNumber, true},
	0x0501: {"ussd_service_op", asOctets, true},
	0x1201: {"display_time", asNumber, true},
	0x1203: {"sms_signal", asNumber, true},
	0x1204: {"ms_validity", asOctets, true},
	0x130C: {"alert_on_message_delivery", asOctets, true},
	0x1380: {"its_reply_type", asNumber, true},
	0x1383: {"its_session_info", asOctets, true},
}

// tagName returns the name of an optional parameter, or its number.
func tagName(t smpp.Tag) string {
	if known, ok := tags[t]; ok {
		return known.name
	}
	return fmt.Sprintf("0x%04x", uint16(t))
}
