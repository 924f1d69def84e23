package trace

import "github.com/fiorix/go-smpp/smpp/pdu"

// kind is what a field is: how long, and how it is shown.
type kind byte

const (
	text      kind = iota // a C-octet string
	address               // a C-octet string that may be a subscriber's number
	secret                // a C-octet string that nobody is shown
	number                // one octet, in decimal
	bits                  // one octet, in hexadecimal
	state                 // one octet, message_state
	status                // four octets, a command_status
	userData              // an octet with the length of the user data, and the data
	receivers             // dest_address of a submit_multi: their number, and each
	failures              // unsuccess_sme of a submit_multi_resp: their number, and each
)

// field is a mandatory field of a PDU.
type field struct {
	name string
	kind kind
}

// layouts are the mandatory fields of the PDUs of SMPP 3.4 (§4). All others are shown as octets.
var layouts = map[pdu.ID][]field{
	pdu.BindReceiverID: bindFields, pdu.BindTransmitterID: bindFields, pdu.BindTransceiverID: bindFields,
	pdu.BindReceiverRespID: bindRespFields, pdu.BindTransmitterRespID: bindRespFields, pdu.BindTransceiverRespID: bindRespFields,
	pdu.OutbindID: {{"system_id", text}, {"password", secret}},
	pdu.UnbindID:  {}, pdu.UnbindRespID: {}, pdu.GenericNACKID: {}, pdu.EnquireLinkID: {}, pdu.EnquireLinkRespID: {},

	pdu.SubmitSMID: messageFields, pdu.DeliverSMID: messageFields,
	pdu.SubmitSMRespID: idFields, pdu.DeliverSMRespID: idFields, pdu.DataSMRespID: idFields,
	pdu.SubmitMultiID:     join(fields("service_type", text), source, fields("dest_address", receivers), messageRest),
	pdu.SubmitMultiRespID: {{"message_id", text}, {"unsuccess_sme", failures}},
	pdu.DataSMID: join(fields("service_type", text), source, destination, []field{
		{"esm_class", bits}, {"registered_delivery", bits}, {"data_coding", bits},
	}),

	pdu.QuerySMID:       join(fields("message_id", text), source),
	pdu.QuerySMRespID:   {{"message_id", text}, {"final_date", text}, {"message_state", state}, {"error_code", number}},
	pdu.CancelSMID:      join(fields("service_type", text), fields("message_id", text), source, destination),
	pdu.CancelSMRespID:  {},
	pdu.ReplaceSMRespID: {},
	pdu.ReplaceSMID: join(fields("message_id", text), source, []field{
		{"schedule_delivery_time", text},
		{"validity_period", text},
		{"registered_delivery", bits},
		{"sm_default_msg_id", number},
		{"short_message", userData},
	}),
	pdu.AlertNotificationID: join(source, []field{{"esme_addr_ton", number}, {"esme_addr_npi", number}, {"esme_addr", address}}),
}

var (
	bindFields = []field{
		{"system_id", text},
		{"password", secret},
		{"system_type", text},
		{"interface_version", bits},
		{"addr_ton", number},
		{"addr_npi", number},
		{"address_range", address},
	}
	bindRespFields = fields("system_id", text)
	idFields       = fields("message_id", text)

	source        = []field{{"source_addr_ton", number}, {"source_addr_npi", number}, {"source_addr", address}}
	destination   = []field{{"dest_addr_ton", number}, {"dest_addr_npi", number}, {"destination_addr", address}}
	messageFields = join(fields("service_type", text), source, destination, messageRest)
	messageRest   = []field{
		{"esm_class", bits},
		{"protocol_id", bits},
		{"priority_flag", number},
		{"schedule_delivery_time", text},
		{"validity_period", text},
		{"registered_delivery", bits},
		{"replace_if_present_flag", number},
		{"data_coding", bits},
		{"sm_default_msg_id", number},
		{"short_message", userData},
	}
)

func fields(name string, k kind) []field { return []field{{name, k}} }

func join(all ...[]field) (joined []field) {
	for _, fs := range all {
		joined = append(joined, fs...)
	}
	return joined
}
