package simulator

import (
	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

// What SMSCs commonly answer to wrong credentials (SMPP 3.4 §5.1.3).
const (
	statusInvPassword pdu.Status = 0x0E // ESME_RINVPASWD
	statusInvSystemID pdu.Status = 0x0F // ESME_RINVSYSID
)

// authenticate checks credentials against the accounts.
func (c *SMSC) authenticate(systemID, password string) pdu.Status {
	if c.opt.Accounts == nil {
		return smpp.StatusOK
	}
	want, known := c.opt.Accounts[systemID]
	switch {
	case known && want == password:
		return smpp.StatusOK
	case c.opt.BindRefusal != 0:
		return c.opt.BindRefusal
	case known:
		return statusInvPassword
	}
	return statusInvSystemID
}

// bind answers a bind request and binds the session (SMPP 3.4 §4.1).
func (s *session) bind(f smpp.Frame) {
	r := fields{b: f.Body()}
	systemID, password := string(r.cstring()), string(r.cstring())
	r.cstring() // system_type
	version := r.octet()
	r.octets(2) // addr_ton, addr_npi
	r.cstring() // address_range
	status := s.smsc.authenticate(systemID, password)
	switch {
	case s.account.Load() != nil || s.unbinding.Load():
		s.reply(f, smpp.StatusAlreadyBound)
		return
	case r.bad:
		s.reply(f, smpp.StatusInvCmdLen)
		return
	case status == smpp.StatusOK && s.smsc.isFull(systemID):
		s.reply(f, smpp.StatusBindFailed)
		return
	case status != smpp.StatusOK:
		s.reply(f, status)
		return
	}
	s.transmits = f.ID() != pdu.BindReceiverID
	s.receives = f.ID() != pdu.BindTransmitterID
	s.hasTLVs = version >= smpp.InterfaceVersion34
	s.scratch = append(s.scratch[:0], s.bindResponse(f)...)
	s.emit(func() { // behind the response, so that no receipt overtakes it
		if s.unbinding.Load() {
			return
		}
		s.smsc.join(s, systemID)
		s.account.Load().pump(s)
	})
}

// bindResponse returns the bind_resp that accepts a bind (SMPP 3.4 §4.1.2).
func (s *session) bindResponse(f smpp.Frame) []byte {
	body := append([]byte(s.smsc.opt.SystemID), 0)
	if !s.smsc.opt.OmitVersion {
		body = smpp.AppendTLV(body, smpp.TagScInterfaceVersion, []byte{smpp.InterfaceVersion34})
	}
	return append(smpp.AppendHeader(nil, smpp.ResponseID(f.ID()), smpp.StatusOK, f.Seq(), len(body)), body...)
}
