package readresponse

import (
	"encoding/hex"

	"readback/relay/reads"
	"readback/smpp"
	"readback/udh"
)

// readElement reads the element of a read response.
func readElement(m smpp.Message, iei byte) (rd reads.Read, ok bool) {
	if !m.HasUDH() {
		return rd, false
	}
	number, status, proof, ok := udh.ReadResponse(m.UserData(), iei)
	return reads.Read{Number: number, Status: status, Proof: hex.EncodeToString(proof)}, ok
}
