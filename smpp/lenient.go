package smpp

// ParseLenient views f, a submit_sm, deliver_sm or data_sm, as far as it can be read. It takes everything that
// ParseMessage takes, and what an ordinary peer may still understand:
//
//   - optional parameters that are cut short, and octets behind them: those in front of them count
//   - short_message and message_payload: the longer one is the user data
//   - several message_payload: the first one that is not empty counts
//   - sm_length that is too long: short_message ends with the PDU
//   - fields that are missing behind the addresses: they are zero
//
// It fails with a *MessageError when an address cannot be read.
func ParseLenient(f Frame) (m Message, err error) {
	if m.Parse(f) == nil {
		return m, nil
	}
	err = m.readFields(f)
	if m.To.Addr == nil {
		return Message{}, err
	}
	if err != nil {
		m.leaveOut()
	}
	m.findTLVs()
	longest := len(m.UserData())
	t := m.TLVs()
	for tlv, ok := t.Next(); ok; tlv, ok = t.Next() {
		if tlv.Tag == TagMessagePayload && m.payload < 0 && len(tlv.Value) > longest {
			m.payload, m.payloadLen = m.tlvs+tlv.Offset+tlvHeaderLen, len(tlv.Value)
		}
	}
	return m, nil
}

// leaveOut makes the fields missing that start at tail, where the first one is that cannot be read. The
// octets from there on are short_message, if that field is it. There are no optional parameters.
func (m *Message) leaveOut() {
	for _, field := range []*int{&m.esmClass, &m.protocolID, &m.registeredDelivery, &m.replaceIfPresent, &m.dataCoding, &m.smLength} {
		if *field >= m.tail {
			*field = -1
		}
	}
	m.tail = len(m.Frame)
}
