//! The colours of the plots, in light and dark.

/// How many series have a colour and dash of their own.
pub(crate) const SERIES: usize = 8;

/// The style sheet that the drawings refer to by class.
pub const STYLE: &str = "\
.plot{--paper:#ffffff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--shade:#eaeef2;\
--c0:#0b62a8;--c1:#b93a08;--c2:#0a6b4f;--c3:#81378a;--c4:#7d5a00;--c5:#0b6e7d;--c6:#56606b;--c7:#ad2a62;\
--good:#0a6b4f;--bad:#b93a08}\
@media (prefers-color-scheme:dark){.plot{--paper:#14181d;--ink:#e6edf3;--soft:#a3adb8;--line:#3a424c;--shade:#222932;\
--c0:#6cb6ff;--c1:#ff9466;--c2:#4fd1a5;--c3:#d69be0;--c4:#e3b341;--c5:#56d4dd;--c6:#b1bac4;--c7:#ff8bb3;\
--good:#4fd1a5;--bad:#ff9466}}\
.plot{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}\
.plot .paper{fill:var(--paper)}.plot text{fill:var(--ink)}.plot .soft{fill:var(--soft)}\
.plot .head{font-weight:600}.plot .grid{stroke:var(--line);stroke-width:1}.plot .axis{stroke:var(--soft);stroke-width:1}\
.plot .shade{fill:var(--shade)}.plot .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\
.plot .dot{stroke:var(--paper);stroke-width:1}.plot .hint{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}\
.plot .s0{stroke:var(--c0)}.plot .s1{stroke:var(--c1);stroke-dasharray:9 4}.plot .s2{stroke:var(--c2);stroke-dasharray:3 4}\
.plot .s3{stroke:var(--c3);stroke-dasharray:12 4 3 4}.plot .s4{stroke:var(--c4)}.plot .s5{stroke:var(--c5);stroke-dasharray:9 4}\
.plot .s6{stroke:var(--c6);stroke-dasharray:3 4}.plot .s7{stroke:var(--c7);stroke-dasharray:12 4 3 4}\
.plot .ring{fill:var(--paper);stroke-width:2}\
.plot .f0{fill:var(--c0)}.plot .f1{fill:var(--c1)}.plot .f2{fill:var(--c2)}.plot .f3{fill:var(--c3)}\
.plot .f4{fill:var(--c4)}.plot .f5{fill:var(--c5)}.plot .f6{fill:var(--c6)}.plot .f7{fill:var(--c7)}\
.plot .good{fill:var(--good)}.plot .bad{fill:var(--bad)}.plot .even{fill:var(--soft)}\
.plot .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}";
