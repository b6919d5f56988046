//! Import (导入): what is known of earlier imports, and the conditional writes of one.
