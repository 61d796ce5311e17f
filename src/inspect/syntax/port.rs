//! Fixed ports in the arguments of a call.

use super::Extent;
use super::attribute::name;
use super::guard::Scope;

impl Scope {
    /// The fixed, non-zero port that an address names, in any of the usual
    /// spellings: `"127.0.0.1:80"`, `("::1", 80)`, `([127, 0, 0, 1], 80).into()`,
    /// `SocketAddr::new(ip, 80)`, `"..".parse()?`, or a local that holds one.
    pub(super) fn fixed_port(&self, address: &syn::Expr) -> Option<(u16, Extent)> {
        use syn::Expr as E;
        match address {
            E::Lit(literal) => match &literal.lit {
                syn::Lit::Str(text) => in_text(text),
                _ => None,
            },
            E::Reference(inner) => self.fixed_port(&inner.expr),
            E::Paren(inner) => self.fixed_port(&inner.expr),
            E::Group(inner) => self.fixed_port(&inner.expr),
            E::Try(inner) => self.fixed_port(&inner.expr),
            E::Await(inner) => self.fixed_port(&inner.base),
            E::MethodCall(call) => self.fixed_port(&call.receiver),
            E::Tuple(tuple) => match tuple.elems.iter().collect::<Vec<_>>().as_slice() {
                [_, port] => number(port),
                _ => None,
            },
            E::Call(call) => self.in_constructor(call),
            E::Path(path) => {
                let ident = path.path.get_ident()?;
                self.local(&name(ident))?.port
            }
            _ => None,
        }
    }

    fn in_constructor(&self, call: &syn::ExprCall) -> Option<(u16, Extent)> {
        let syn::Expr::Path(function) = &*call.func else {
            return None;
        };
        let address = function
            .path
            .segments
            .iter()
            .any(|segment| segment.ident.to_string().starts_with("SocketAddr"));
        if !address {
            return None;
        }
        match call.args.iter().collect::<Vec<_>>().as_slice() {
            [single] => self.fixed_port(single),
            [_, port, ..] => number(port),
            [] => None,
        }
    }
}

fn in_text(text: &syn::LitStr) -> Option<(u16, Extent)> {
    let value = text.value();
    let (host, port) = value.rsplit_once(':')?;
    let host_is_plain = !host.contains("//") && !host.contains(' ') && !host.ends_with(':');
    let port: u16 = port.parse().ok()?;
    (host_is_plain && port != 0).then(|| (port, Extent::of(text.span())))
}

fn number(expression: &syn::Expr) -> Option<(u16, Extent)> {
    let syn::Expr::Lit(syn::ExprLit {
        lit: syn::Lit::Int(port),
        ..
    }) = expression
    else {
        return None;
    };
    let value: u16 = port.base10_parse().ok()?;
    (value != 0).then(|| (value, Extent::of(port.span())))
}
