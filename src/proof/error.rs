//! What can be wrong with a proof, one variant for each distinct failure.

use thiserror::Error;

/// Why a proof, a checkpoint or a stored frontier was not accepted.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ProofError {
    // The tree.
    #[error("the stored frontier does not have one hash for each perfect subtree of its size")]
    MalformedFrontier,
    #[error("the tree has {size} leaves, so there is none at index {index}")]
    IndexOutsideTree { index: u64, size: u64 },
    #[error("a tree of {new} leaves cannot continue one of {old}")]
    SizesReversed { old: u64, new: u64 },
    #[error("the store gave {got} hashes of level {level} where {wanted} were asked for")]
    MissingHashes { level: u8, wanted: u64, got: usize },
    #[error("the path has not the number of hashes that its index and sizes ask for")]
    WrongPathLength,
    #[error("the path leads from this entry to another root")]
    WrongRoot,
    #[error("the path does not start from the root of the older tree")]
    WrongOldRoot,
    #[error("the path does not lead to the root of the newer tree")]
    WrongNewRoot,
    // The signed note.
    #[error("a key name is not empty and has no spaces, control characters or plus signs")]
    BadKeyName,
    #[error("the public key is not a point of full order on the curve")]
    BadPublicKey,
    #[error("a verifier key reads NAME+KEYID+KEY: eight hexadecimal digits, then base64")]
    MalformedVerifierKey,
    #[error("the verifier key is of another kind than Ed25519 note signatures")]
    UnsupportedKeyType,
    #[error("the key id of the verifier key is not that of its name and key")]
    WrongKeyId,
    #[error("the note has a control character")]
    ControlCharacter,
    #[error("the note is not a text, an empty line and signature lines, each ended by a newline")]
    MalformedNote,
    #[error("a signature line of the note is malformed")]
    MalformedSignatureLine,
    #[error("the note has more signatures than a reader needs to look at")]
    TooManySignatures,
    #[error("the note is not signed by this key")]
    NotSignedByKey,
    #[error("the signature by this key is forged, or the text was altered")]
    BadSignature,
    // The checkpoint.
    #[error("a checkpoint has exactly three lines: origin, size, root hash")]
    MalformedCheckpoint,
    #[error("the size is not a decimal number without leading zeros")]
    MalformedSize,
    #[error("a hash is not the canonical base64 of 32 bytes")]
    MalformedHash,
    #[error("the checkpoint is of another log")]
    WrongOrigin,
    // The cosignature.
    #[error("a cosignature is a time from 1 to 2^63 - 1 and an Ed25519 signature")]
    MalformedCosignature,
    // The request to a witness.
    #[error("the request does not begin with `old` and a size")]
    MalformedOldSize,
    #[error("the older size is above that of the checkpoint")]
    OldSizeAboveCheckpoint,
    // The receipt.
    #[error("the text is not a tlog-proof of version 1")]
    NotATlogProof,
    #[error("the extra data is not canonical base64 of at least one byte")]
    MalformedExtra,
    #[error("the index is missing, or not a decimal number without leading zeros")]
    MalformedIndex,
    #[error("no empty line sets the checkpoint apart from the path")]
    MissingCheckpoint,
    #[error("the path is longer than that of any tree")]
    PathTooLong,
}
