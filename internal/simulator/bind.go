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
