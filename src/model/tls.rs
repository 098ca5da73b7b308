//! What an encrypted connection trusts: the certificates of this machine, so that a company's own are known too.
//! Nothing is read before the first `https://` call.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::fault::Fault;

/// The settings for encrypted connections.
///
/// # Errors
/// Where this machine has no list of trusted certificates: no server could prove itself.
pub(super) fn settings() -> Result<TlsConfig, Fault> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let said =
            "this machine has no list of trusted certificates; install ca-certificates, or name one by SSL_CERT_FILE";
        return Err(Fault::Setup { said: said.to_owned() });
    }
    let roots = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}
