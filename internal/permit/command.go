package permit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/setting"
	"readback/smpp"
)

// Command is the command_id of a request that an operator lets pass.
type Command pdu.ID

// listed are the commands that pass in shared mode. The gateway finds the account of each message that they
// are about.
var listed = []pdu.ID{
	pdu.SubmitSMID, pdu.SubmitMultiID, pdu.DataSMID, pdu.QuerySMID, pdu.CancelSMID, pdu.ReplaceSMID, pdu.UnbindID,
}

// own are the commands that never pass: the gateway answers them itself, or an ESME does not send them.
var own = []pdu.ID{
	pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID, pdu.OutbindID, pdu.UnbindID, pdu.EnquireLinkID,
	pdu.DeliverSMID, pdu.AlertNotificationID,
}

const exampleCommand = "broadcast_sm, or 0x00010200"

// UnmarshalText reads the name of a command, or a command_id in hexadecimal.
func (c *Command) UnmarshalText(text []byte) error {
	id, ok := smpp.CommandID(string(text))
	if !ok {
		digits, isHex := strings.CutPrefix(string(text), "0x")
		n, err := strconv.ParseUint(digits, 16, 32)
		if !isHex || err != nil || n == 0 {
			return setting.Wrong("not a command", exampleCommand)
		}
		id = pdu.ID(n)
	}
	switch {
	case smpp.IsResponse(id):
		return setting.Wrong("a response, which goes where its request came from", exampleCommand)
	case has(own, id):
		return setting.Wrong("not a command that an ESME may send to the SMSC", exampleCommand)
	}
	*c = Command(id)
	return nil
}

// String returns the command as it may be written in the configuration.
func (c Command) String() string {
	if name := smpp.Command(pdu.ID(c)); name != "other" {
		return name
	}
	return fmt.Sprintf("0x%08X", uint32(c))
}

func has(all []pdu.ID, id pdu.ID) bool {
	for _, one := range all {
		if one == id {
			return true
		}
	}
	return false
}
