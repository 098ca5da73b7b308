//! What programs ask, and what becomes of it.

use super::*;

fn rules(wire: Wire) -> Rules {
    Rules {
        wire,
        models: vec!["m-1".to_owned(), "org/m-2".to_owned()],
        max_output: Some(100),
        max_output_name: "max_tokens",
    }
}

fn judged(wire: Wire, method: &str, path: &str, body: &str) -> Result<Admitted, Refused> {
    rules(wire).judge(method, path, body.as_bytes().to_vec())
}

#[test]
fn each_interface_has_its_own_ways_and_no_others() {
    let ask = r#"{"model":"m-1"}"#;
    for (wire, method, path, body) in [
        (Wire::OpenAi, "POST", "/chat/completions", ask),
        (Wire::OpenAi, "POST", "/responses", ask),
        (Wire::OpenAi, "POST", "/chat/completions?api-version=2024-10-21", ask),
        (Wire::OpenAi, "GET", "/models", ""),
        (Wire::OpenAi, "GET", "/models?limit=20", ""),
        (Wire::OpenAi, "GET", "/models/org/m-2", ""),
        (Wire::Anthropic, "POST", "/v1/messages?beta=true", ask),
        (Wire::Anthropic, "POST", "/v1/messages/count_tokens", ask),
        (Wire::Ollama, "POST", "/api/chat", ask),
        (Wire::Ollama, "POST", "/api/show", r#"{"name":"m-1:latest"}"#),
        (Wire::Ollama, "HEAD", "/", ""),
        (Wire::Ollama, "POST", "/v1/chat/completions", ask),
    ] {
        assert!(judged(wire, method, path, body).is_ok(), "{method} {path}");
    }
    for method in [
        "TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "PROPFIND",
    ] {
        let refused = judged(Wire::OpenAi, method, "/chat/completions", ask);
        assert_eq!(refused, Err(Refused::Method(method.to_owned())));
    }
    for (wire, method, path) in [
        (Wire::OpenAi, "GET", "/chat/completions"),
        (Wire::OpenAi, "POST", "/models"),
        (Wire::OpenAi, "POST", "/files"),
        (Wire::OpenAi, "POST", "/batches"),
        (Wire::OpenAi, "POST", "/fine_tuning/jobs"),
        (Wire::OpenAi, "POST", "/embeddings"),
        (Wire::OpenAi, "GET", "/responses/resp_1"),
        (Wire::OpenAi, "GET", "/models/gpt-other"),
        (Wire::OpenAi, "POST", "/v1/chat/completions"),
        (Wire::OpenAi, "HEAD", "/models"),
        (Wire::Anthropic, "POST", "/v1/messages/batches"),
        (Wire::Anthropic, "POST", "/v1/complete"),
        (Wire::Ollama, "POST", "/api/pull"),
        (Wire::Ollama, "POST", "/api/create"),
        (Wire::Ollama, "POST", "/api/push"),
        (Wire::Ollama, "POST", "/api/copy"),
        (Wire::Ollama, "POST", "/api/delete"),
        (Wire::Ollama, "GET", "/anything"),
    ] {
        let refused = judged(wire, method, path, ask);
        assert!(matches!(refused, Err(Refused::Path(_))), "{method} {path}: {refused:?}");
    }
}

#[test]
fn a_path_is_written_in_one_way() {
    for path in [
        "//chat/completions",
        "/chat//completions",
        "/chat/completions/",
        "/chat/./completions",
        "/x/../chat/completions",
        "/x/%2e%2e/chat/completions",
        "/x/%252e%252e/chat/completions",
        "/x/..;/chat/completions",
        "/chat/completions;x=1",
        "/chat%2fcompletions",
        "/chat%252Fcompletions",
        "/chat\\completions",
        "/chat/completions%00",
        "/chat/completions%20",
        "/CHAT/completions",
        "/chat/completions#x",
        "/chat/completions?x=/../files",
        "/chat/completions?beta=true&model=other",
        "/chat/completions?beta=%2e",
        "/chat/completions?beta=true;x",
        "",
        "*",
    ] {
        let refused = judged(Wire::OpenAi, "POST", path, r#"{"model":"m-1"}"#);
        assert!(matches!(refused, Err(Refused::Path(_))), "{path}: {refused:?}");
    }
}

#[test]
fn only_the_models_that_are_named_are_asked() {
    for body in [
        r#"{"model":"other"}"#,
        r#"{"model":"M-1"}"#,
        r#"{"model":" m-1"}"#,
        r#"{"model":["m-1"]}"#,
        r#"{"model":null}"#,
    ] {
        let refused = judged(Wire::OpenAi, "POST", "/responses", body);
        assert!(matches!(refused, Err(Refused::Model { .. })), "{body}: {refused:?}");
    }
    for body in [
        "",
        "[]",
        "{}",
        r#"{"model":"m-1","model":"other"}"#,
        r#"{"model":"other","model":"m-1"}"#,
        r#"{"model":"m-1","mod\u0065l":"other"}"#,
        r#"{"model":"m-1","MODEL":"other"}"#,
        r#"{"model":"m-1","max_to\u212Aens":9}"#,
        r#"{"model":"m-1"} {"model":"other"}"#,
        r#"{"model":"m-1","models":["other"]}"#,
        "\u{feff}{\"model\":\"m-1\"}",
    ] {
        let refused = judged(Wire::OpenAi, "POST", "/chat/completions", body);
        assert!(matches!(refused, Err(Refused::Body(_))), "{body}: {refused:?}");
    }
    assert!(judged(Wire::OpenAi, "POST", "/responses", r#"{"model":"m-1:latest"}"#).is_err());
    assert!(judged(Wire::Ollama, "POST", "/api/show", r#"{"model":"m-1","name":"other"}"#).is_err());
}

#[test]
fn what_is_more_than_an_answer_is_refused() {
    for more in [
        r#""mcp_servers":[{"url":"https://x"}]"#,
        r#""plugins":[{"id":"web"}]"#,
        r#""web_search_options":{"a":1}"#,
        r#""previous_response_id":"r""#,
        r#""conversation":"c""#,
        r#""prompt":{"id":"p"}"#,
        r#""background":true"#,
        r#""container":"c""#,
        r#""service_tier":"priority""#,
        r#""speed":"fast""#,
        r#""modalities":["text","audio"]"#,
        r#""input":[{"content":[{"type":"input_image","image_url":"https://x/y.png"}]}]"#,
        r#""messages":[{"content":[{"type":"image_url","image_url":{"url":"HTTP://169.254.169.254/"}}]}]"#,
        r#""messages":[{"content":[{"type":"document","source":{"type":"url","url":"https://x"}}]}]"#,
        r#""input":[{"content":[{"type":"input_file","file_id":"f"}]}]"#,
        r#""n":-1"#,
        r#""n":1e9"#,
        r#""max_output_tokens":-1"#,
        r#""max_output_tokens":"many""#,
    ] {
        let body = format!("{{\"model\":\"m-1\",{more}}}");
        let refused = judged(Wire::OpenAi, "POST", "/responses", &body);
        assert!(matches!(refused, Err(Refused::Body(_))), "{more}: {refused:?}");
    }
    for fine in [
        r#""mcp_servers":[]"#,
        r#""background":false"#,
        r#""previous_response_id":null"#,
        r#""service_tier":"auto""#,
        r#""tools":[{"type":"function","name":"web_search"},{"type":"custom"}]"#,
        r#""messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]"#,
        r#""messages":[{"content":"see https://example.org"}]"#,
        r#""messages":[{"content":[{"type":"tool_use","id":"t","input":{"url":"https://example.org"}}]}]"#,
        r#""store":false"#,
    ] {
        let body = format!("{{\"model\":\"m-1\",{fine}}}");
        assert!(judged(Wire::OpenAi, "POST", "/responses", &body).is_ok(), "{fine}");
    }
}

#[test]
fn tools_of_the_provider_are_left_out() {
    let body = r#"{"model":"m-1","max_output_tokens":5,"tools":[{"type":"function","name":"f"},{"type":"web_search_20250305"},{"type":"Code_interpreter"},{"type":"mcp","server_url":"https://x"}]}"#;
    let admitted = judged(Wire::OpenAi, "POST", "/responses", body).unwrap();
    let sent: Value = serde_json::from_slice(&admitted.body).unwrap();
    assert_eq!(sent["tools"], serde_json::json!([{"type": "function", "name": "f"}]));
    assert_eq!(sent["max_output_tokens"], 5);
}

#[test]
fn every_answer_has_a_bound() {
    let output = |wire, path: &str, body: &str| {
        let admitted = judged(wire, "POST", path, body).unwrap();
        let sent: Value = serde_json::from_slice(&admitted.body).unwrap();
        (admitted.most.unwrap().output, sent)
    };
    let (most, sent) = output(Wire::OpenAi, "/chat/completions", r#"{"model":"m-1"}"#);
    assert_eq!((most, &sent["max_tokens"]), (Some(100), &Value::from(100)));
    let (most, sent) = output(Wire::OpenAi, "/responses", r#"{"model":"m-1"}"#);
    assert_eq!((most, &sent["max_output_tokens"]), (Some(100), &Value::from(100)));
    let asked = r#"{"model":"m-1","max_tokens":7,"max_completion_tokens":9,"n":3}"#;
    let (most, sent) = output(Wire::OpenAi, "/chat/completions", asked);
    assert_eq!((most, &sent["max_tokens"]), (Some(27), &Value::from(7)));
    let (most, sent) = output(Wire::Ollama, "/api/chat", r#"{"model":"m-1","options":{"seed":1}}"#);
    assert_eq!((most, &sent["options"]["num_predict"]), (Some(100), &Value::from(100)));
    assert_eq!(sent["options"]["seed"], 1);
    let (_, sent) = output(Wire::Ollama, "/api/chat", r#"{"model":"m-1"}"#);
    assert_eq!(sent["options"]["num_predict"], 100);
    let endless = r#"{"model":"m-1","options":{"num_predict":-1}}"#;
    assert!(judged(Wire::Ollama, "POST", "/api/chat", endless).is_err());
    let hidden = r#"{"model":"m-1","options":{"NUM_PREDICT":5,"num_predict":1}}"#;
    assert!(judged(Wire::Ollama, "POST", "/api/chat", hidden).is_err());
    let unbound = Rules {
        max_output: None,
        ..rules(Wire::OpenAi)
    };
    let body = br#"{"model":"m-1"}"#.to_vec();
    let admitted = unbound.judge("POST", "/responses", body.clone()).unwrap();
    assert_eq!(admitted.body, body, "nothing is written anew without need");
    assert_eq!(admitted.most.unwrap().output, None);
}
