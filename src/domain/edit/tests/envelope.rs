//! E: the `apply_patch` envelope.

use super::*;

const A: Files = &[("a.rs", "one\ntwo\nthree\n")];

fn patch<'a>(row: &'a str, files: Files<'a>, sections: &str, want: Want<'a>) {
    raw(row, files, &format!("*** Begin Patch\n{sections}*** End Patch\n"), want);
}

fn raw<'a>(row: &'a str, files: Files<'a>, answer: &str, want: Want<'a>) {
    check(&[Case {
        row,
        files,
        answer,
        want,
    }]);
}

#[test]
fn the_envelope_itself() {
    let update = "*** Update File: a.rs\n@@\n-two\n+TWO\n";
    let done = || Text("one\nTWO\nthree\n");
    raw(
        "E1",
        A,
        "\n  *** Begin Patch  \n  *** Update File: a.rs  \n@@\n-two\n+TWO\n *** End Patch \n\n",
        done(),
    );
    for quote in ["EOF", "'EOF'", "\"EOF\""] {
        let answer = format!("apply_patch <<{quote}\n*** Begin Patch\n{update}*** End Patch\nEOF\n");
        raw("E2", A, &answer, done());
    }
    raw(
        "E2 fence",
        A,
        &format!("```\n*** Begin Patch\n{update}*** End Patch\n```\n"),
        done(),
    );
    raw(
        "E3",
        A,
        &format!("<<'EOF\"\n*** Begin Patch\n{update}*** End Patch\nEOF\n"),
        Refused("malformed"),
    );
    raw("E4", A, &format!("{update}*** End Patch\n"), done());
    raw("E5", A, &format!("*** Begin Patch\n{update}"), done());
    patch("E6", A, "", Refused("no_edits"));
    patch("E7", A, "*** Update File: a.rs\n", Refused("malformed"));
    patch(
        "E7 moved",
        A,
        "*** Update File: a.rs\n*** Move to: b.rs\n",
        Changes(&[("a.rs", None), ("b.rs", Some("one\ntwo\nthree\n"))]),
    );
    patch("E8", A, "*** Frobnicate File: a.rs\n", Refused("malformed"));
    patch("E9", A, "*** Update File: a.rs\n-two\n+TWO\n", done());
    patch(
        "E10",
        A,
        "*** Update File: a.rs\n@@\n-one\n+ONE\n*** End of File\n-two\n+TWO\n",
        Refused("malformed"),
    );
    patch("E11", A, "*** Update File: a.rs\n@@\n", Refused("malformed"));
}

#[test]
fn chunks() {
    patch(
        "E12",
        &[("a.rs", "one\n\ntwo\n")],
        "*** Update File: a.rs\n@@\n one\n\n-two\n+TWO\n",
        Text("one\n\nTWO\n"),
    );
    patch(
        "E13",
        A,
        "*** Update File: a.rs\n@@\nno prefix\n-two\n+TWO\n",
        Refused("malformed"),
    );
    patch(
        "E14",
        A,
        "*** Update File: a.rs\n@@ fn missing() {\n-two\n+TWO\n",
        Refused("not_found"),
    );
    let classes: Files = &[("a.rs", "class A\n  x\nclass B\n  x\n")];
    patch(
        "E14 trimmed",
        classes,
        "*** Update File: a.rs\n@@ class B  \n-  x\n+  y\n",
        Text("class A\n  x\nclass B\n  y\n"),
    );
    patch(
        "E15",
        A,
        "*** Update File: a.rs\n@@\n-three\n+THREE\n@@\n-one\n+ONE\n",
        Text("ONE\ntwo\nTHREE\n"),
    );
    patch(
        "E16",
        &[("a.rs", "x\ny\nx\n")],
        "*** Update File: a.rs\n@@\n-x\n+X\n*** End of File\n",
        Text("x\ny\nX\n"),
    );
    patch(
        "E17",
        A,
        "*** Update File: a.rs\n@@\n two\n-three\n-\n+THREE\n",
        Text("one\ntwo\nTHREE\n"),
    );
    patch("E18", A, "*** Update File: a.rs\n@@\n+new\n", Refused("no_place"));
    patch(
        "E18 behind",
        A,
        "*** Update File: a.rs\n@@ one\n+new\n",
        Text("one\nnew\ntwo\nthree\n"),
    );
    patch(
        "E18 at the end",
        A,
        "*** Update File: a.rs\n@@\n+new\n*** End of File\n",
        Text("one\ntwo\nthree\nnew\n"),
    );
    patch(
        "E28",
        &[("a.rs", "x\nx\nx\n")],
        "*** Update File: a.rs\n@@\n x\n-x\n+1\n x\n",
        Text("x\n1\nx\n"),
    );
}

#[test]
fn files_that_come_and_go() {
    let two: Files = &[("a.rs", "one\n"), ("b.rs", "two\n")];
    patch("E19", A, "*** Delete File: z.rs\n", Refused("no_such_file"));
    patch(
        "E20",
        &[("d/a.rs", "x\n")],
        "*** Delete File: d\n",
        Refused("not_a_file"),
    );
    patch(
        "E21",
        A,
        "*** Update File: zebra.txt\n@@\n-x\n+y\n",
        Refused("no_such_file"),
    );
    patch("E22", A, "*** Add File: a.rs\n+other\n", Refused("exists"));
    patch(
        "E22 identical",
        two,
        "*** Add File: a.rs\n+one\n*** Delete File: b.rs\n",
        Changes(&[("b.rs", None)]),
    );
    patch(
        "E23",
        two,
        "*** Update File: a.rs\n*** Move to: deep/er/a.rs\n@@\n-one\n+ONE\n",
        Changes(&[("a.rs", None), ("deep/er/a.rs", Some("ONE\n"))]),
    );
    patch(
        "E23 scope",
        two,
        "*** Update File: a.rs\n*** Move to: forbidden/a.rs\n",
        Refused("out_of_scope"),
    );
    patch(
        "E24",
        two,
        "*** Update File: a.rs\n*** Move to: b.rs\n",
        Refused("exists"),
    );
    patch(
        "E25",
        two,
        "*** Add File: c.rs\n+new\n*** Update File: a.rs\n@@\n-one\n+ONE\n*** Delete File: b.rs\n",
        Changes(&[("c.rs", Some("new\n")), ("a.rs", Some("ONE\n")), ("b.rs", None)]),
    );
    patch(
        "E26",
        two,
        "*** Delete File: b.rs\n*** Update File: a.rs\n@@\n-nothing like it\n+x\n",
        Refused("several"),
    );
    patch(
        "E27",
        A,
        "*** Update File: a.rs\n@@\n-one\n+ONE\n*** Update File: a.rs\n@@\n-three\n+THREE\n",
        Text("ONE\ntwo\nTHREE\n"),
    );
    patch(
        "E27 conflict",
        A,
        "*** Update File: a.rs\n@@\n-one\n+ONE\n*** Delete File: a.rs\n",
        Refused("twice"),
    );
    patch(
        "E29",
        &[],
        "*** Add File: new/deep/x.rs\n+x\n",
        Changes(&[("new/deep/x.rs", Some("x\n"))]),
    );
}
