package pool

import (
	"bytes"
	"fmt"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/smpp"
)

// bindTransceiver makes the bind request of a pool (SMPP 3.4 §4.1.5).
func bindTransceiver(o *Config) (smpp.Frame, error) {
	p := pdu.NewBindTransceiver()
	p.Header().Seq = smpp.OwnSeq
	for _, field := range []struct {
		name  pdufield.Name
		value any
	}{
		{pdufield.SystemID, o.SystemID},
		{pdufield.Password, o.Password},
		{pdufield.SystemType, o.SystemType},
		{pdufield.InterfaceVersion, smpp.InterfaceVersion34},
	} {
		if err := p.Fields().Set(field.name, field.value); err != nil {
			return nil, fmt.Errorf("bind_transceiver %s: %w", field.name, err)
		}
	}
	var b bytes.Buffer
	if err := p.SerializeTo(&b); err != nil {
		return nil, fmt.Errorf("bind_transceiver: %w", err)
	}
	return b.Bytes(), nil
}
